"""Turn a table into one of partitions by time, on PostgreSQL, while others read and write it.

The table becomes the first partition as it is, with all rows and indexes. Nothing is copied.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, sleep

import structlog
from alembic import op
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app.database import clock
from webhooks_app.database.rights import share_rights
from webhooks_app.lib.ids import floor_id
from webhooks_app.migrations.columns import PATIENCE, PAUSE, patiently

# The old table refuses ids from the boundary on while it is checked. If the migration is killed
# then, so much time is left to run it again.
# If a clock was wrong and ids are later, it is a year; ids from later still are a mistake.
AHEAD = (timedelta(days=60), timedelta(days=365))
UNBOUND_FOR = 60.0  # seconds
# They make keys unique on SQLite; on PostgreSQL, processes of the version before read by them.
BY_KEY = re.compile(r"(uq|ix)_events_(idempotency_key|source_id)")
PARTITION = re.compile(r"(deliveries|attempts|events)_(before|default|\d{8})")
INDEXES = text("""
    SELECT i.relname, pg_get_indexdef(i.oid), x.indisprimary, x.indisunique FROM pg_index AS x
    JOIN pg_class AS i ON i.oid = x.indexrelid WHERE x.indrelid = to_regclass(:table)""")
COLUMNS = text("""
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n) FROM pg_index AS x,
        unnest(x.indkey) WITH ORDINALITY AS k(attnum, n)
    JOIN pg_attribute AS a ON true
    WHERE x.indrelid = to_regclass(:table) AND x.indisprimary
        AND a.attrelid = x.indrelid AND a.attnum = k.attnum""")
BOUNDARY = text("""
    SELECT 1 FROM pg_constraint
    WHERE conrelid = to_regclass(:table)
        AND conname = CAST(:table AS text) || '_before_boundary'""")
UNPROVEN = text("""
    SELECT conname FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND NOT convalidated""")
TOO_LATE = (
    "The row of {table} with the {key} {last} is from more than a year ahead, or its id was not"
    " made by Hookline, so the table cannot be partitioned by time. Delete that row, and migrate"
    " again."
)
NO_SCRIPT = (
    "The partitions of {table} cannot be written as a script (--sql), since they depend on what the"
    " table holds. Migrate with a connection to the database."
)
LEFT_BEHIND = (
    "A constraint is left behind, since others use the table. Migrate again, or run the statement,"
    " before that day. From then on the table refuses new rows."
)
log = structlog.get_logger(__name__)


def is_declared(name: str | None, kind: str, _parents: Mapping[str, str | None]) -> bool:
    """Whether the models declare such a table or index; for Alembic. Partitions come and go."""
    undeclared = {"table": PARTITION, "index": BY_KEY}.get(kind)
    return undeclared is None or name is None or undeclared.fullmatch(name) is None


def is_partitioned(table: str) -> bool:
    if op.get_context().as_sql:
        raise CommandError(NO_SCRIPT.format(table=table))
    kind = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(op.get_bind().scalar(kind, {"table": table}))


def partition(
    table: str,
    key: str,
    prefix: str,
    *,
    storage: str = "",
    last: Callable[[], object] = lambda: None,
) -> None:
    """Partition `table` by `key`, whose ids begin with `prefix`, unless it is partitioned.

    Unique indexes other than the primary key are dropped, since a partitioned table cannot have
    them. `storage` is a WITH clause for new partitions. `last` is called at the end of the
    transaction, while nobody else uses the table.

    What `table` has becomes `<table>_before`, up to a boundary in the near future. Stopped at any
    moment, it continues when it runs again.
    """
    if is_partitioned(table):
        return
    until = _boundary(table, key, prefix)
    boundary = floor_id(prefix, until.timestamp())
    try:
        if _has_rows(table):
            _bound(table, key, boundary)
        patiently(table, partial(_switch, table, key, boundary, storage, last))
    except BaseException:
        _unbound(table, until)
        raise


def _boundary(table: str, key: str, prefix: str) -> datetime:
    """The start of a day, after all that is in the table."""
    now = clock(op.get_bind())
    moments = {floor_id(prefix, (now + ahead).timestamp()): now + ahead for ahead in AHEAD}
    last = op.get_bind().scalar(text(f"SELECT max({key}) FROM {table}")) or ""
    moment = next((moment for id_, moment in moments.items() if last < id_), None)
    if moment is None:
        raise CommandError(TOO_LATE.format(table=table, key=key, last=last))
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC) + timedelta(days=1)


def _has_rows(table: str) -> bool:
    return op.get_bind().scalar(text(f"SELECT 1 FROM {table} LIMIT 1")) is not None


def _bound(table: str, key: str, boundary: str) -> None:
    """Prove that all rows are below the boundary, without delaying anybody."""
    patiently(
        table,
        lambda: op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_before_boundary,"
            f" ADD CONSTRAINT {table}_before_boundary CHECK ({key} < '{boundary}') NOT VALID"
        ),
    )
    with op.get_context().autocommit_block():
        for name in op.get_bind().scalars(UNPROVEN, {"table": table}).all():
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def _unbound(table: str, until: datetime) -> None:
    """A boundary that is left behind would refuse rows one day."""
    with suppress(SQLAlchemyError):
        op.get_bind().rollback()  # the server would end a transaction that waits for long
    statement = f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_before_boundary"
    ends = monotonic() + UNBOUND_FOR
    while not _has_no_boundary(table, statement):
        if monotonic() >= ends:
            log.error(LEFT_BEHIND, table=table, statement=statement, day=f"{until:%Y-%m-%d}")
            return
        sleep(PAUSE)


def _has_no_boundary(table: str, statement: str) -> bool:
    try:
        with op.get_bind().engine.begin() as connection:
            if connection.scalar(BOUNDARY, {"table": table}) is not None:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
                connection.exec_driver_sql(statement)
    except SQLAlchemyError:
        return False
    return True


def _switch(table: str, key: str, boundary: str, storage: str, last: Callable[[], object]) -> None:
    bind, before = op.get_bind(), f"{table}_before"
    op.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    indexes = bind.execute(INDEXES, {"table": table}).all()
    primary = bind.scalar(COLUMNS, {"table": table})
    op.execute(f"ALTER TABLE {table} RENAME TO {before}")
    for name, _, is_primary, is_unique in indexes:
        if is_unique and not is_primary:
            op.execute(f"DROP INDEX {name}")
        else:
            op.execute(f"ALTER INDEX {name} RENAME TO {name}_before")
    op.execute(
        f"CREATE TABLE {table} (LIKE {before} INCLUDING ALL EXCLUDING INDEXES)"
        f" PARTITION BY RANGE ({key})"
    )
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_before_boundary")
    for name, made_by, is_primary, is_unique in indexes:
        if is_primary:
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({primary})")
        elif not is_unique:
            op.execute(made_by)
    if _has_rows(before):
        op.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {before}"
            f" FOR VALUES FROM (MINVALUE) TO ('{boundary}')"
        )
        op.execute(f"ALTER TABLE {before} DROP CONSTRAINT IF EXISTS {before}_boundary")
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT {storage}")
    for name in (table, f"{table}_default"):
        share_rights(bind, before, name)
    if not _has_rows(before):
        op.execute(f"DROP TABLE {before}")
    last()


def unpartition(
    table: str, *, storage: str = "", last: Callable[[], object] = lambda: None
) -> None:
    """One table again. All rows are copied, and nobody can use the table meanwhile."""
    if is_partitioned(table):
        patiently(table, partial(_join, table, storage, last))


def _join(table: str, storage: str, last: Callable[[], object]) -> None:
    op.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    bind, old = op.get_bind(), f"{table}_partitioned"
    indexes = bind.execute(INDEXES, {"table": table}).all()
    primary = bind.scalar(COLUMNS, {"table": table})
    op.execute(f"ALTER TABLE {table} RENAME TO {old}")
    op.execute(f"CREATE TABLE {table} (LIKE {old} INCLUDING ALL EXCLUDING INDEXES) {storage}")
    op.execute(f"INSERT INTO {table} SELECT * FROM {old}")
    share_rights(bind, old, table)
    op.execute(f"DROP TABLE {old}")
    for name, made_by, is_primary, _ in indexes:
        if is_primary:
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({primary})")
        else:
            op.execute(made_by.replace(" ONLY ", " "))
    last()
