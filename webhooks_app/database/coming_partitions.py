"""Make the partitions of the coming days.

They are made apart and then attached, so that others read and write the table meanwhile.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from webhooks_app.database import choose, reading
from webhooks_app.database.partitions import (
    FOUND,
    LOCK_NOT_AVAILABLE,
    LOGS,
    PATIENCE,
    Log,
    Partition,
    is_partitioned,
    partitions,
    sqlstate,
    width_of,
)
from webhooks_app.database.rights import share_rights
from webhooks_app.lib.ids import floor_id, made_at

DAY = 86_400
LEAST_AHEAD = 4  # days
SMALL = 8 << 20  # bytes of a default partition that is read in a moment
FUTURE = timedelta(days=1)  # the clocks of all machines differ by less
NO_SUCH_CONSTRAINT = "42704"
# Two processes make the same partition one after the other.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('hookline partitions', 0))"
SIZE = "SELECT pg_relation_size('{}_default')"
APART = text(r"""
    SELECT conname FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND conname LIKE '%\_apart'""")

log = structlog.get_logger(__name__)


def make_ahead(engine: Engine, now: datetime, days: int) -> list[str]:
    """Make the partitions of the coming days. `days` is the retention. Returns their names.

    One that cannot be made now, since somebody reads the table for long, is left to the next run.
    """
    if choose(engine, postgresql=False, sqlite=True):
        return []
    return [name for log_ in LOGS for name in _made_ahead(engine, log_, now, days)]


def _made_ahead(engine: Engine, log_: Log, now: datetime, days: int) -> Iterator[str]:
    with reading(engine) as connection:
        if not is_partitioned(connection, log_):
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
    width = width_of(days)
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
    table, key = log_.table, log_.key
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
    table, key = log_.table, log_.key
    connection.exec_driver_sql(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    inside = f"{key} >= '{part.start}' AND {key} < '{part.end}'"
    some = text(f"SELECT 1 FROM {table}_default WHERE {inside} LIMIT 1")
    if connection.scalar(some) is not None or _is_taken(connection, log_, part):
        return False
    connection.exec_driver_sql(
        f"CREATE TABLE {part.name} (LIKE {table} INCLUDING ALL) {log_.storage}"
    )
    share_rights(connection, table, part.name)
    connection.exec_driver_sql(f"""
        ALTER TABLE {table} ATTACH PARTITION {part.name}
        FOR VALUES FROM ('{part.start}') TO ('{part.end}')""")
    connection.exec_driver_sql(
        f"ALTER TABLE {table}_default DROP CONSTRAINT IF EXISTS {part.name}_apart"
    )
    return True
