"""Let PostgreSQL count the rows of partitioned tables: autovacuum only does so in partitions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from webhooks_app.database import choose, reading
from webhooks_app.database.partitions import (
    LITTLE_PATIENCE,
    LOCK_NOT_AVAILABLE,
    LOGS,
    NOT_THE_OWNER,
    PATIENCE,
    Log,
    is_partitioned,
    sqlstate,
)

ANALYSED = text("""
    SELECT last_analyze FROM pg_stat_user_tables WHERE relid = to_regclass(:table)""")
COUNTED_AS_EMPTY = text("""
    SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = to_regclass(:table) AND reltuples = 0""")
NOT_NOW = {LOCK_NOT_AVAILABLE: "it is in use", NOT_THE_OWNER: "this database role does not own it"}

log = structlog.get_logger(__name__)


def analyse(engine: Engine, now: datetime) -> None:
    """Once a day, count the rows of each table as a whole."""
    for log_ in LOGS if choose(engine, postgresql=True, sqlite=False) else ():
        with _later(log_.table):
            _analyse(engine, log_, now)
        with reading(engine) as connection:
            empty = connection.scalars(COUNTED_AS_EMPTY, {"table": log_.table}).all()
        for name in empty:
            with _later(name):
                _forget(engine, name)


@contextmanager
def _later(table: str) -> Iterator[None]:
    """The next run tries again if the table is in use, or belongs to another role."""
    try:
        yield
    except DBAPIError as error:
        if sqlstate(error) not in NOT_NOW:
            raise
        log.warning("its rows are counted later", table=table, why=NOT_NOW[sqlstate(error)])


def _analyse(engine: Engine, log_: Log, now: datetime) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(PATIENCE)
        if not is_partitioned(connection, log_):
            return
        last = connection.scalar(ANALYSED, {"table": log_.table})
        if last is None or last <= now - timedelta(days=1):
            connection.exec_driver_sql(f"ANALYZE {log_.table}")


def _forget(engine: Engine, name: str) -> None:
    """A partition without rows counts as never analysed again.

    Otherwise PostgreSQL plans for one that stays empty: it may read all of an index for each row,
    and keeps such a plan for minutes after the partition has begun to fill.
    """
    with engine.begin() as connection:
        connection.exec_driver_sql(LITTLE_PATIENCE)
        connection.exec_driver_sql(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        if connection.scalar(text(f"SELECT 1 FROM {name} LIMIT 1")) is None:
            connection.exec_driver_sql(f"TRUNCATE {name}")
