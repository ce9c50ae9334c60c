"""Tables in partitions by time, on PostgreSQL: dropping one gives its disk back at once.

Ids sort by time, so each partition holds a range of ids. The default partition takes what has no
partition of its own, so that an insert never fails.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from math import ceil
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine, Select, text
from sqlalchemy.exc import DBAPIError

from webhooks_app.database import choose, reading
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.lib.ids import floor_id, made_at

BLOCKS = 12  # so many partitions hold about what is kept
MOST_MOVED = 10_000  # rows, while others wait
PATIENCE = "SET LOCAL lock_timeout = '2s'"
# Everybody waits behind one who waits to drop.
LITTLE_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
# Moving what is needed may take so long while they wait.
BRIEFLY = "SET LOCAL statement_timeout = '500ms'"
AS_BEFORE = "SET LOCAL statement_timeout TO DEFAULT"
LOCK_NOT_AVAILABLE = "55P03"
NOT_THE_OWNER = "42501"
FOUND = text("""
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits
    JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = to_regclass(:table)""")
BOUNDS = re.compile(r"FROM \((?:MINVALUE|'(\w+)')\) TO \('(\w+)'\)")

log = structlog.get_logger(__name__)

Move = Callable[[Connection, Sequence[str]], None]


class Log(NamedTuple):
    """A table in partitions by its `key`, ids that begin with `prefix`.

    `fillfactor` is how full a page of a partition becomes, in percent. The rest is for updates.
    """

    table: str
    key: str
    prefix: str
    fillfactor: int = 100

    @property
    def storage(self) -> str:
        """For the end of a statement that creates a partition."""
        return f"WITH (fillfactor = {self.fillfactor})"


class Partition(NamedTuple):
    """It holds the ids from `start` on and before `end`. `start` is empty for the first ones."""

    name: str
    start: str
    end: str


DELIVERIES = Log("deliveries", "id", "msg", fillfactor=45)
ATTEMPTS = Log("attempts", "delivery_id", "msg")
EVENTS = Log("events", "id", "evt")
LOGS = (DELIVERIES, ATTEMPTS, EVENTS)


class Outcome(Enum):
    """Of a try to drop a partition. `IN_ROWS`: its rows must be deleted one by one."""

    DROPPED = "dropped"
    IN_USE = "in use"
    IN_ROWS = "in rows"


# By the error of PostgreSQL.
NOT_DROPPED = {
    LOCK_NOT_AVAILABLE: (Outcome.IN_USE, "others use the table"),
    "57014": (Outcome.IN_ROWS, "what is needed of it takes too long to move"),
    NOT_THE_OWNER: (Outcome.IN_ROWS, "this database role does not own the table"),
}


def partitions(connection: Connection, log_: Log) -> list[Partition]:
    """Those with bounds, the oldest first. None if the table is not partitioned."""
    if choose(connection, postgresql=False, sqlite=True):
        return []
    found = connection.execute(FOUND, {"table": log_.table}).all()
    bounded = [(name, BOUNDS.search(bound)) for name, bound in found]
    return sorted(
        (Partition(name, match[1] or "", match[2]) for name, match in bounded if match),
        key=lambda one: one.end,
    )


def expired(engine: Engine, log_: Log, before: datetime) -> list[Partition]:
    """Those that lie wholly before that moment."""
    with reading(engine) as connection:
        known = partitions(connection, log_)
    return [one for one in known if one.end <= floor_id(log_.prefix, before.timestamp())]


def dropped_from(engine: Engine, log_: Log, days: int) -> datetime | None:
    """From when on rows are dropped with their partition. Older ones are deleted one by one.

    So are those of a partition that is wider than that retention asks for. A longer retention made
    it, and it may end years from now.
    """
    width = timedelta(days=width_of(days))
    with reading(engine) as connection:
        known = [one for one in partitions(connection, log_) if one.start]
    starts = (made_at(one.start) for one in known if made_at(one.end) - made_at(one.start) <= width)
    return next(starts, None)


def drop(
    engine: Engine,
    log_: Log,
    part: Partition,
    needed: Select[str],
    move: Move,
) -> Outcome:
    """Drop it, except the rows with the `needed` keys, which go to the default partition.

    `IN_ROWS` if those are too many to move while others wait, or if the role may not drop it.
    `IN_USE` if somebody reads the table for long. `move` is called with the keys before their rows
    move.
    """
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(LITTLE_PATIENCE)
            force_index_scans(connection)
            if len(connection.scalars(needed.limit(MOST_MOVED + 1)).all()) > MOST_MOVED:
                log.warning("a partition is not dropped", partition=part.name, why="much is needed")
                return Outcome.IN_ROWS
            _drop(connection, log_, part, needed, move)
    except DBAPIError as error:
        return _not_dropped(error, part)
    return Outcome.DROPPED


def _not_dropped(error: DBAPIError, part: Partition) -> Outcome:
    """Raises the error again if it says something else."""
    if sqlstate(error) not in NOT_DROPPED:
        raise error
    outcome, why = NOT_DROPPED[sqlstate(error)]
    log.warning("a partition is not dropped", partition=part.name, why=why)
    return outcome


def _drop(
    connection: Connection,
    log_: Log,
    part: Partition,
    needed: Select[str],
    move: Move,
) -> None:
    """What is needed is asked again once nobody else uses the table."""
    connection.exec_driver_sql(f"ALTER TABLE {log_.table} DETACH PARTITION {part.name}")
    connection.exec_driver_sql(BRIEFLY)
    if keys := connection.scalars(needed).all():
        move(connection, keys)
        these = text(
            f"INSERT INTO {log_.table} SELECT * FROM {part.name} WHERE {log_.key} = ANY(:keys)"
        )
        connection.execute(these, {"keys": keys})
    connection.exec_driver_sql(AS_BEFORE)
    connection.exec_driver_sql(f"DROP TABLE {part.name}")


def width_of(days: int) -> int:
    """Of a partition in days, when data is kept for so many."""
    return max(1, ceil(days / BLOCKS))


def is_partitioned(connection: Connection, log_: Log) -> bool:
    kind = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(connection.scalar(kind, {"table": log_.table}))


def sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
