"""Boundaries that killed migrations left behind, on PostgreSQL.

While a migration turns a table into partitions, a constraint `<table>_before_boundary` refuses ids
from a day in the future on. If the migration is killed then, the constraint stays.
"""

import re
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from webhooks_app.database import choose, reading
from webhooks_app.database.partitions import (
    LOCK_NOT_AVAILABLE,
    NOT_THE_OWNER,
    PATIENCE,
    sqlstate,
)
from webhooks_app.lib.ids import made_at

# The advisory lock of whoever migrates. "hook": any number will do, if everyone takes the same.
MIGRATING = 0x686F6F6B
DROP = "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_before_boundary"
FOUND = text("""
    SELECT t.relname, pg_get_constraintdef(c.oid) FROM pg_constraint AS c
    JOIN pg_class AS t ON t.oid = c.conrelid
    WHERE c.conname = t.relname || '_before_boundary' AND pg_table_is_visible(t.oid)
    ORDER BY t.relname""")
FIRST_REFUSED = re.compile(r"< '(\w+)'")
# Behind PgBouncer the migration may share its connection, so a try to take the lock is not enough.
MIGRATES = text("""
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 0 AND objid = :lock AND objsubid = 1
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) OR NOT pg_try_advisory_xact_lock(:lock)""")

log = structlog.get_logger(__name__)


class Boundary(NamedTuple):
    """`table` refuses new rows from `refuses_from` on."""

    table: str
    refuses_from: datetime

    @property
    def day(self) -> str:
        return f"{self.refuses_from:%Y-%m-%d}"

    @property
    def statement(self) -> str:
        return DROP.format(table=self.table)


def left_behind(engine: Engine) -> list[Boundary]:
    """None while a migration runs, which drops its boundary itself."""
    if choose(engine, postgresql=False, sqlite=True):
        return []
    with reading(engine) as connection:
        return _left_behind(connection)


def drop_left_behind(engine: Engine) -> list[Boundary]:
    """Drop them. Returns those that were dropped; the others are logged, and are tried again."""
    return [one for one in left_behind(engine) if _dropped(engine, one)]


def _left_behind(connection: Connection) -> list[Boundary]:
    """Until the transaction ends, no migration begins."""
    found = [
        Boundary(table, made_at(first[1]))
        for table, definition in connection.execute(FOUND)
        if (first := FIRST_REFUSED.search(definition))
    ]
    return [] if not found or connection.scalar(MIGRATES, {"lock": MIGRATING}) else found


def _dropped(engine: Engine, one: Boundary) -> bool:
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(PATIENCE)
            if one not in _left_behind(connection):
                return False
            connection.exec_driver_sql(one.statement)
    except DBAPIError as error:
        if sqlstate(error) not in (LOCK_NOT_AVAILABLE, NOT_THE_OWNER):
            raise
        log.error(
            "a killed migration left a constraint: the table will refuse new rows",
            table=one.table,
            day=one.day,
            statement=one.statement,
        )
        return False
    log.warning("dropped a constraint that a killed migration left", table=one.table, day=one.day)
    return True
