"""Turn a table into one of partitions by time, on PostgreSQL, while others read and write it.

The table becomes the first partition as it is, with all rows and indexes. Nothing is copied.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app.lib.ids import floor_id, made_at
from webhooks_app.lib.times import utcnow
from webhooks_app.migrations.columns import PATIENCE, patiently

# The old table refuses ids from the boundary on while it is checked. If the migration is killed
# then, there is a week left to run it again.
AHEAD = timedelta(days=7)
# They make keys unique on SQLite; on PostgreSQL, processes of the version before read by them.
BY_KEY = re.compile(r"(uq|ix)_events_(idempotency_key|source_id)")
PARTITION = re.compile(r"(attempts|events)_(before|default|\d{8})")
INDEXES = text("""
    SELECT i.relname, pg_get_indexdef(i.oid), x.indisprimary, x.indisunique FROM pg_index AS x
    JOIN pg_class AS i ON i.oid = x.indexrelid WHERE x.indrelid = to_regclass(:table)""")
COLUMNS = text("""
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n) FROM pg_index AS x,
        unnest(x.indkey) WITH ORDINALITY AS k(attnum, n)
    JOIN pg_attribute AS a ON true
    WHERE x.indrelid = to_regclass(:table) AND x.indisprimary
        AND a.attrelid = x.indrelid AND a.attnum = k.attnum""")
UNPROVEN = text("""
    SELECT conname FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND NOT convalidated""")
# Who may do what, as statements about another table.
GRANTS = text("""
    SELECT format('GRANT %s ON {name} TO %s', privilege_type,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
    FROM pg_class, aclexplode(relacl)
    WHERE oid = to_regclass(:table) AND grantee <> relowner
    UNION ALL
    SELECT format('ALTER TABLE {name} OWNER TO %I', pg_get_userbyid(relowner))
    FROM pg_class WHERE oid = to_regclass(:table)""")


def is_declared(name: str | None, kind: str, _parents: Mapping[str, str | None]) -> bool:
    """Whether the models declare such a table or index; for Alembic. Partitions come and go."""
    undeclared = {"table": PARTITION, "index": BY_KEY}.get(kind)
    return undeclared is None or name is None or undeclared.fullmatch(name) is None


def is_partitioned(table: str) -> bool:
    kind = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(op.get_bind().scalar(kind, {"table": table}))


def partition(
    table: str, key: str, prefix: str, *, last: Callable[[], object] = lambda: None
) -> None:
    """Partition `table` by `key`, whose ids begin with `prefix`, unless it is partitioned.

    Unique indexes other than the primary key are dropped, since a partitioned table cannot have
    them. `last` is called at the end of the transaction, while nobody else uses the table.

    What `table` has becomes `<table>_before`, up to a boundary in the near future. Stopped at any
    moment, it continues when it runs again.
    """
    if is_partitioned(table):
        return
    boundary = floor_id(prefix, _boundary(table, key).timestamp())
    try:
        if _has_rows(table):
            _bound(table, key, boundary)
        patiently(table, partial(_switch, table, key, boundary, last))
    except BaseException:
        _unbound(table)
        raise


def _boundary(table: str, key: str) -> datetime:
    """The start of a day, after all that is in the table."""
    last = op.get_bind().scalar(text(f"SELECT max({key}) FROM {table}"))
    moment = utcnow() + AHEAD
    if last is not None:
        moment = max(moment, made_at(last) + timedelta(days=1))
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


def _unbound(table: str) -> None:
    """A boundary that is left behind would refuse rows one day."""
    with suppress(SQLAlchemyError), op.get_bind().engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        connection.exec_driver_sql(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_before_boundary"
        )


def _switch(table: str, key: str, boundary: str, last: Callable[[], object]) -> None:
    bind, before = op.get_bind(), f"{table}_before"
    op.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    indexes = bind.execute(INDEXES, {"table": table}).all()
    primary = bind.scalar(COLUMNS, {"table": table})
    grants = text(str(GRANTS).replace("{name}", table))
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
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    for (statement,) in bind.execute(grants, {"table": before}).all():
        op.execute(statement)
    if not _has_rows(before):
        op.execute(f"DROP TABLE {before}")
    last()


def unpartition(table: str) -> None:
    """One table again. All rows are copied, and nobody can use the table meanwhile."""
    if not is_partitioned(table):
        return
    op.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    bind, old = op.get_bind(), f"{table}_partitioned"
    indexes = bind.execute(INDEXES, {"table": table}).all()
    primary = bind.scalar(COLUMNS, {"table": table})
    grants = text(str(GRANTS).replace("{name}", table))
    op.execute(f"ALTER TABLE {table} RENAME TO {old}")
    op.execute(f"CREATE TABLE {table} (LIKE {old} INCLUDING ALL EXCLUDING INDEXES)")
    op.execute(f"INSERT INTO {table} SELECT * FROM {old}")
    for (statement,) in bind.execute(grants, {"table": old}).all():
        op.execute(statement)
    op.execute(f"DROP TABLE {old}")
    for name, made_by, is_primary, _ in indexes:
        if is_primary:
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({primary})")
        else:
            op.execute(made_by.replace(" ONLY ", " "))
