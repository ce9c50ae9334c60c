"""Writing many rows at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert

COPY_FROM = 8


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert `rows`, each in the order of `columns`: by COPY on PostgreSQL when there are many.

    Values are what psycopg adapts: aware datetimes, str, int, bytes, None.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) >= COPY_FROM:
        names = ", ".join(f'"{name}"' for name in columns)
        with driver_cursor(connection).copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def driver_cursor(connection: Connection) -> Any:
    """A psycopg cursor inside the transaction of `connection`."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return driver.cursor()
