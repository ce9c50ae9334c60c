"""Write many rows at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import psycopg
from psycopg.pq import PipelineStatus
from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import DBAPIError

from webhooks_app.database import choose, postgres

COPY_FROM = 8
BY_KEY = """
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
        set_config('enable_seqscan', 'off', true),
        set_config('max_parallel_workers_per_gather', '0', true)"""
NO_BITMAPS = "SELECT set_config('enable_bitmapscan', 'off', true)"
NO_SORTS = "SELECT set_config('enable_sort', 'off', true)"


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert `rows`, each in the order of `columns`; many rows on PostgreSQL by COPY.

    Values are what psycopg adapts: aware datetimes, str, int, bytes, None.
    """
    if not rows:
        return
    if _is_postgres(connection):
        names = ", ".join(f'"{name}"' for name in columns)
        into = f"{table.name} ({names})"
        with driver_cursor(connection) as cursor:
            if len(rows) >= COPY_FROM:
                _copy(cursor, into, rows)
            else:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)
    else:
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def _copy(cursor: psycopg.Cursor[object], into: str, rows: Sequence[Sequence[object]]) -> None:
    with cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def upsert_rows(
    connection: Connection, statement: str, types: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Run `INSERT … {rows} ON CONFLICT …` for all `rows`, in their order.

    `types` are the columns' types in PostgreSQL. Both databases run the same SQL: PostgreSQL takes
    the rows from JSON in one statement, SQLite one by one. Values are what JSON can hold, and
    aware datetimes.
    """
    if not rows:
        return
    if _is_postgres(connection):
        names = [f"c{n}" for n in range(len(types))]
        columns = ", ".join(map(" ".join, zip(names, types, strict=True)))
        source = f"SELECT * FROM json_to_recordset(%s::json) AS given({columns})"
        given = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()
        with driver_cursor(connection) as cursor:
            cursor.execute(statement.format(rows=source), [given])
    else:
        marks = ", ".join("?" * len(types))
        values = [tuple(map(sqlite_value, row)) for row in rows]
        connection.exec_driver_sql(statement.format(rows=f"VALUES ({marks})"), values)


def force_index_scans(connection: Connection, *, bitmaps: bool = True) -> None:
    """For the rest of the transaction, keep PostgreSQL from reading whole tables.

    A few hundred rows are best found by their keys. For a small table the planner decides
    otherwise, and every batch pays for that. Parallel workers are off: they take longer to start.
    Without `bitmaps`, an index is also read in its order: a bitmap must be complete and sorted
    before its first row is known.
    """
    if _is_postgres(connection):
        with driver_cursor(connection) as cursor:
            cursor.execute(BY_KEY)
            if not bitmaps:
                cursor.execute(NO_BITMAPS)


def commit_without_waiting(connection: Connection) -> None:
    """Let the commit not wait for PostgreSQL's disk: what a crash takes back must be harmless."""
    if _is_postgres(connection):
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def walk_in_order(connection: Connection) -> None:
    """`force_index_scans`, and keep PostgreSQL from sorting all rows to find the first few.

    Not for statements that must sort: their estimated cost would be so high that PostgreSQL
    compiles them (JIT) if that is on.
    """
    force_index_scans(connection, bitmaps=False)
    if _is_postgres(connection):
        with driver_cursor(connection) as cursor:
            cursor.execute(NO_SORTS)


def sqlite_value(value: object) -> object:
    """The value as SQLAlchemy writes it: times as UTC text, which sorts by time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value


def _is_postgres(connection: Connection) -> bool:
    return choose(connection, postgresql=True, sqlite=False)


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[psycopg.Cursor[Any]]:
    """A psycopg cursor inside the transaction of `connection`. Raises SQLAlchemy's errors."""
    with _driver(connection) as driver, driver.cursor() as cursor:
        yield cursor


@contextmanager
def in_pipeline(connection: Connection) -> Iterator[None]:
    """Send the statements of driver cursors in this block at once, and read all answers together.

    A round trip to PostgreSQL takes as long as a small statement. Not for COPY, and not for
    SQLAlchemy's statements that return rows.
    """
    if not _is_postgres(connection):
        yield
        return
    with _driver(connection) as driver:
        if driver.info.pipeline_status == PipelineStatus.OFF:
            with driver.pipeline():
                yield
        else:
            yield


@contextmanager
def _driver(connection: Connection) -> Iterator[psycopg.Connection[object]]:
    driver = cast("psycopg.Connection[object]", connection.connection.driver_connection)
    try:
        yield driver
    except psycopg.Error as error:
        found = postgres.away(error)
        if broken := driver.broken or found is not None:
            connection.invalidate(error)
        wrapped = found or DBAPIError.instance(
            None, None, error, psycopg.Error, connection_invalidated=broken
        )
        raise cast(DBAPIError, wrapped) from error
