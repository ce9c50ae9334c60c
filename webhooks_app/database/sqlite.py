"""What SQLite needs at connect: it has one writer at a time, and others wait."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import re2
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

IMMEDIATE = "hookline_immediate"
WAIT_FOR_WRITER = 15
# While it waits, SQLite looks every tenth of a second whether it may write. Whoever writes again
# and again lets others in by a pause of that length.
BUSY_POLL = 0.11
OPTIONS: dict[str, object] = {
    "connect_args": {"timeout": WAIT_FOR_WRITER, "check_same_thread": False}
}

# Set for read-only requests: their transactions wait for no writer.
only_reading: ContextVar[bool] = ContextVar("only_reading", default=False)


def prepare(engine: Engine) -> None:
    """Wait for the writer instead of failing, and lose nothing on a power cut.

    Under WAL, a transaction that reads first and then writes fails at once if another has written
    in between. So writers take the lock at BEGIN. `read_only` connections and `only_reading`
    requests do not.
    """
    event.listen(engine, "do_connect", _on_do_connect)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


@contextmanager
def impatient(connection: Connection) -> Iterator[None]:
    """Inside this block the connection waits for no writer: it raises OperationalError at once."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {WAIT_FOR_WRITER * 1000}")


def _on_do_connect(
    _dialect: Dialect,
    _record: ConnectionPoolEntry,
    arguments: list[object],
    _options: dict[str, object],
) -> None:
    """Make the database readable only by its owner; SQLite would let everyone read it.

    The files beside it get the same mode.
    """
    path = str(arguments[0])
    if not path.startswith("/"):
        return
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR))


def _on_connect(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    if cursor.execute("PRAGMA page_count").fetchone() == (0,):
        cursor.execute("PRAGMA auto_vacuum = INCREMENTAL")  # see `space`; only a new file takes it
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
    dbapi_connection.create_function("fits", 2, _fits, deterministic=True)


def _fits(value: str | None, pattern: str) -> bool:
    """Whether the pattern is somewhere in a value, in time linear in its length."""
    return value is not None and _compiled(pattern).search(value) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(IMMEDIATE, not only_reading.get())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
