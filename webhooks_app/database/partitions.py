"""Tables in partitions by time, on PostgreSQL: dropping one gives its disk back at once.

Ids sort by time, so each partition holds a range of ids. The default partition takes what has no
partition of its own, so that an insert never fails. Partitions are made apart and then attached,
so that others read and write the table meanwhile.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine, Select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from webhooks_app.database import choose, reading
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.lib.ids import floor_id, made_at

DAY = 86_400
BLOCKS = 12  # so many partitions hold about what is kept
LEAST_AHEAD = 4  # days
MOST_MOVED = 10_000  # rows, while others wait
PATIENCE = "SET LOCAL lock_timeout = '2s'"
# Everybody waits behind one who waits to drop.
LITTLE_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
LOCK_NOT_AVAILABLE = "55P03"
# Two processes make the same partition one after the other.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('hookline partitions', 0))"
FOUND = text("""
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits
    JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = to_regclass(:table)""")
BOUNDS = re.compile(r"FROM \((?:MINVALUE|'(\w+)')\) TO \('(\w+)'\)")

log = structlog.get_logger(__name__)


class Log(NamedTuple):
    """A table in partitions by its `key`, ids that begin with `prefix`."""

    table: str
    key: str
    prefix: str


class Partition(NamedTuple):
    """It holds the ids from `start` on and before `end`. `start` is empty for the first ones."""

    name: str
    start: str
    end: str


ATTEMPTS = Log("attempts", "delivery_id", "msg")
EVENTS = Log("events", "id", "evt")
LOGS = (ATTEMPTS, EVENTS)


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


def dropped_from(engine: Engine, log_: Log) -> datetime | None:
    """From when on rows are dropped with their partition. Older ones are deleted one by one."""
    with reading(engine) as connection:
        starts = [one.start for one in partitions(connection, log_) if one.start]
    return made_at(starts[0]) if starts else None


def drop(
    engine: Engine,
    log_: Log,
    part: Partition,
    needed: Select[str],
    move: Callable[[Connection, Sequence[str]], object],
) -> bool:
    """Drop it, except the rows with the `needed` keys, which go to the default partition.

    False if those are too many to move while others wait, or if somebody reads the table for long;
    then the next run tries it again. `move` is called with the keys before their rows move.
    """
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(LITTLE_PATIENCE)
            force_index_scans(connection)
            if len(connection.scalars(needed.limit(MOST_MOVED + 1)).all()) > MOST_MOVED:
                log.warning("too much of it is needed: it is dropped later", partition=part.name)
                return False
            _drop(connection, log_, part, needed, move)
    except OperationalError as error:
        if not _is_locked(error):
            raise
        log.warning("in use: its partition is dropped later", table=log_.table)
        return False
    except IntegrityError:
        log.warning("a key that it needs was used again: it is dropped later", partition=part.name)
        return False
    return True


def _drop(
    connection: Connection,
    log_: Log,
    part: Partition,
    needed: Select[str],
    move: Callable[[Connection, Sequence[str]], object],
) -> None:
    """What is needed is asked again once nobody else uses the table."""
    connection.exec_driver_sql(f"ALTER TABLE {log_.table} DETACH PARTITION {part.name}")
    if keys := connection.scalars(needed).all():
        move(connection, keys)
        these = text(
            f"INSERT INTO {log_.table} SELECT * FROM {part.name} WHERE {log_.key} = ANY(:keys)"
        )
        connection.execute(these, {"keys": keys})
    connection.exec_driver_sql(f"DROP TABLE {part.name}")


def make_ahead(engine: Engine, now: datetime, days: int) -> list[str]:
    """Make the partitions of the coming days. `days` is the retention. Returns their names.

    One that cannot be made now, since somebody reads the table for long, is left to the next run.
    """
    if choose(engine, postgresql=False, sqlite=True):
        return []
    return [name for log_ in LOGS for name in _made_ahead(engine, log_, now, days)]


def _made_ahead(engine: Engine, log_: Log, now: datetime, days: int) -> Iterator[str]:
    with reading(engine) as connection:
        if not _is_partitioned(connection, log_):
            return
        known = partitions(connection, log_)
    last = made_at(known[-1].end) if known else None
    for start, end in blocks(now, days, last):
        name = f"{log_.table}_{start:%Y%m%d}"
        part = Partition(name, *(floor_id(log_.prefix, one.timestamp()) for one in (start, end)))
        try:
            with engine.begin() as connection:
                made = _add(connection, log_, part)
        except OperationalError as error:
            if not _is_locked(error):
                raise
            log.warning("in use: its next partition is made later", table=log_.table)
            return
        if made:
            yield name


def blocks(
    now: datetime, days: int, last: datetime | None = None
) -> Iterator[tuple[datetime, datetime]]:
    """The ranges of time to make partitions for, from the current day on, or from `last`."""
    width = max(1, ceil(days / BLOCKS))
    today = int(now.timestamp()) // DAY
    start = today // width * width
    if last is not None:
        start = max(start, int(last.timestamp()) // DAY)
    while start < today + max(2 * width, LEAST_AHEAD):
        end = (start // width + 1) * width
        yield _day(start), _day(end)
        start = end


def _day(number: int) -> datetime:
    return datetime.fromtimestamp(number * DAY, UTC)


def _is_partitioned(connection: Connection, log_: Log) -> bool:
    kind = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(connection.scalar(kind, {"table": log_.table}))


def _add(connection: Connection, log_: Log, part: Partition) -> bool:
    """False if it is there, or if too many of its rows are in the default partition.

    Those stay there, and are deleted row by row once they are old.
    """
    table, key, _ = log_
    connection.exec_driver_sql(PATIENCE)
    connection.exec_driver_sql(ALONE)
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": part.name}) is not None:
        return False
    inside = f"{key} >= '{part.start}' AND {key} < '{part.end}'"
    connection.exec_driver_sql(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    some = f"SELECT 1 FROM {table}_default WHERE {inside} LIMIT {MOST_MOVED + 1}"
    if len(connection.exec_driver_sql(some).all()) > MOST_MOVED:
        log.warning("its rows stay in the default partition", partition=part.name)
        return False
    connection.exec_driver_sql(f"CREATE TABLE {part.name} (LIKE {table} INCLUDING ALL)")
    connection.exec_driver_sql(f"""
        WITH moved AS (DELETE FROM {table}_default WHERE {inside} RETURNING *)
        INSERT INTO {part.name} SELECT * FROM moved""")
    connection.exec_driver_sql(f"""
        ALTER TABLE {table} ATTACH PARTITION {part.name}
        FOR VALUES FROM ('{part.start}') TO ('{part.end}')""")
    return True


def _is_locked(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE
