"""Tables in partitions by time, on PostgreSQL: dropping one gives its disk back at once.

Ids sort by time, so each partition holds a range of ids. The default partition takes what has no
partition of its own, so that an insert never fails. Partitions are made apart and then attached,
so that others read and write the table meanwhile.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from math import ceil
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine, Select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from webhooks_app.database import choose, reading
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.database.rights import share_rights
from webhooks_app.lib.ids import floor_id, made_at

DAY = 86_400
BLOCKS = 12  # so many partitions hold about what is kept
LEAST_AHEAD = 4  # days
MOST_MOVED = 10_000  # rows, while others wait
SMALL = 8 << 20  # bytes of a default partition that is read in a moment
FUTURE = timedelta(days=1)  # the clocks of all machines differ by less
PATIENCE = "SET LOCAL lock_timeout = '2s'"
# Everybody waits behind one who waits to drop.
LITTLE_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
# Moving what is needed may take so long while they wait.
BRIEFLY = "SET LOCAL statement_timeout = '500ms'"
AS_BEFORE = "SET LOCAL statement_timeout TO DEFAULT"
LOCK_NOT_AVAILABLE, NO_SUCH_CONSTRAINT = "55P03", "42704"
# Two processes make the same partition one after the other.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('hookline partitions', 0))"
FOUND = text("""
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits
    JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = to_regclass(:table)""")
ANALYSED = text("""
    SELECT last_analyze FROM pg_stat_user_tables WHERE relid = to_regclass(:table)""")
SIZE = "SELECT pg_relation_size('{}_default')"
APART = text(r"""
    SELECT conname FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND conname LIKE '%\_apart'""")
BOUNDS = re.compile(r"FROM \((?:MINVALUE|'(\w+)')\) TO \('(\w+)'\)")

log = structlog.get_logger(__name__)

Move = Callable[[Connection, Sequence[str]], None]


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


class Outcome(Enum):
    """Of a try to drop a partition. `IN_ROWS`: its rows must be deleted one by one."""

    DROPPED = "dropped"
    IN_USE = "in use"
    IN_ROWS = "in rows"


# By the error of PostgreSQL.
NOT_DROPPED = {
    LOCK_NOT_AVAILABLE: (Outcome.IN_USE, "others use the table"),
    "57014": (Outcome.IN_ROWS, "what is needed of it takes too long to move"),
    "42501": (Outcome.IN_ROWS, "this database role does not own the table"),
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
    width = timedelta(days=_width(days))
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


def make_ahead(engine: Engine, now: datetime, days: int) -> list[str]:
    """Make the partitions of the coming days. `days` is the retention. Returns their names.

    One that cannot be made now, since somebody reads the table for long, is left to the next run.
    """
    if choose(engine, postgresql=False, sqlite=True):
        return []
    return [name for log_ in LOGS for name in _made_ahead(engine, log_, now, days)]


def analyse(engine: Engine, now: datetime) -> None:
    """Once a day, count the rows of each table as a whole. Autovacuum only counts partitions."""
    for log_ in LOGS if choose(engine, postgresql=True, sqlite=False) else ():
        with engine.begin() as connection:
            connection.exec_driver_sql(PATIENCE)
            if not _is_partitioned(connection, log_):
                continue
            last = connection.scalar(ANALYSED, {"table": log_.table})
            if last is None or last <= now - timedelta(days=1):
                _analyse(connection, log_)


def _analyse(connection: Connection, log_: Log) -> None:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"ANALYZE {log_.table}")
    except DBAPIError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        log.warning("in use: its rows are counted later", table=log_.table)


def _made_ahead(engine: Engine, log_: Log, now: datetime, days: int) -> Iterator[str]:
    with reading(engine) as connection:
        if not _is_partitioned(connection, log_):
            return
        known = partitions(connection, log_)
    last = made_at(known[-1].end) if known else None
    try:
        _forget_apart(engine, log_)
        for start, end in blocks(now, days, last):
            name = f"{log_.table}_{start:%Y%m%d}"
            bounds = (floor_id(log_.prefix, one.timestamp()) for one in (start, end))
            if _made(engine, log_, Partition(name, *bounds), is_future=start >= now + FUTURE):
                yield name
    except DBAPIError as error:
        with suppress(DBAPIError):
            _forget_apart(engine, log_)
        if sqlstate(error) not in (LOCK_NOT_AVAILABLE, NO_SUCH_CONSTRAINT):
            raise
        log.warning("in use: its next partition is made later", table=log_.table)


def blocks(
    now: datetime, days: int, last: datetime | None = None
) -> Iterator[tuple[datetime, datetime]]:
    """The ranges of time to make partitions for, from the current day on, or from `last`."""
    width = _width(days)
    today = int(now.timestamp()) // DAY
    start = today // width * width
    if last is not None:
        start = max(start, int(last.timestamp()) // DAY)
    while start < today + max(2 * width, LEAST_AHEAD):
        end = (start // width + 1) * width
        yield _day(start), _day(end)
        start = end


def _width(days: int) -> int:
    """Of a partition in days, when data is kept for so many."""
    return max(1, ceil(days / BLOCKS))


def _day(number: int) -> datetime:
    return datetime.fromtimestamp(number * DAY, UTC)


def _is_partitioned(connection: Connection, log_: Log) -> bool:
    kind = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(connection.scalar(kind, {"table": log_.table}))


def _made(engine: Engine, log_: Log, part: Partition, *, is_future: bool) -> bool:
    """False if it is there, or if it would take rows of the default partition.

    Those stay there, and are deleted one by one once they are old. PostgreSQL reads all of the
    default partition while others wait, unless a constraint proves that it has no such row. That
    must not refuse what is being stored, so it is used for the future only.
    """
    with reading(engine) as connection:
        if _is_taken(connection, log_, part):
            return False
        is_small = connection.scalar(text(SIZE.format(log_.table))) <= SMALL
    if not is_small and not (is_future and _kept_apart(engine, log_, part)):
        log.warning("its rows go to the default partition", partition=part.name)
        return False
    with engine.begin() as connection:
        connection.exec_driver_sql(PATIENCE)
        connection.exec_driver_sql(ALONE)
        return _attach(connection, log_, part)


def _is_taken(connection: Connection, log_: Log, part: Partition) -> bool:
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": part.name}) is None:
        return False
    attached = {name for name, _ in connection.execute(FOUND, {"table": log_.table})}
    if part.name not in attached:
        log.warning("a table has the name of a partition and is none", table=part.name)
    return True


def _kept_apart(engine: Engine, log_: Log, part: Partition) -> bool:
    """Prove that the default partition has no row of that one, while others use it."""
    table, key, _ = log_
    name = f"{part.name}_apart"
    with engine.begin() as connection:
        connection.exec_driver_sql(PATIENCE)
        connection.exec_driver_sql(f"""
            ALTER TABLE {table}_default ADD CONSTRAINT {name}
            CHECK ({key} < '{part.start}' OR {key} >= '{part.end}') NOT VALID""")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(PATIENCE)
            connection.exec_driver_sql(f"ALTER TABLE {table}_default VALIDATE CONSTRAINT {name}")
    except IntegrityError:
        _forget_apart(engine, log_)
        return False
    return True


def _forget_apart(engine: Engine, log_: Log) -> None:
    """One that is left behind would refuse rows one day."""
    default = f"{log_.table}_default"
    with engine.begin() as connection:
        connection.exec_driver_sql(PATIENCE)
        for name in connection.scalars(APART, {"table": default}).all():
            connection.exec_driver_sql(f"ALTER TABLE {default} DROP CONSTRAINT IF EXISTS {name}")


def _attach(connection: Connection, log_: Log, part: Partition) -> bool:
    table, key, _ = log_
    connection.exec_driver_sql(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    inside = f"{key} >= '{part.start}' AND {key} < '{part.end}'"
    some = text(f"SELECT 1 FROM {table}_default WHERE {inside} LIMIT 1")
    if connection.scalar(some) is not None or _is_taken(connection, log_, part):
        return False
    connection.exec_driver_sql(f"CREATE TABLE {part.name} (LIKE {table} INCLUDING ALL)")
    share_rights(connection, table, part.name)
    connection.exec_driver_sql(f"""
        ALTER TABLE {table} ATTACH PARTITION {part.name}
        FOR VALUES FROM ('{part.start}') TO ('{part.end}')""")
    connection.exec_driver_sql(
        f"ALTER TABLE {table}_default DROP CONSTRAINT IF EXISTS {part.name}_apart"
    )
    return True


def sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
