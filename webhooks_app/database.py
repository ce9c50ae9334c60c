"""What PostgreSQL and SQLite need at connect, so that the rest need not know."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

IMMEDIATE = "hookline_immediate"
IDLE_SINCE = "hookline_idle_since"
FRESH = 1.0
SPARE = 8
WAIT_FOR_WRITER = 15

# Set for requests that only read: their transactions then wait for no writer on SQLite.
only_reading: ContextVar[bool] = ContextVar("only_reading", default=False)


def engine_options(url: str, threads: int) -> dict[str, Any]:
    """Options of `create_engine` for that database, with a connection for each of `threads`.

    Errors never show what was stored. A host that vanished without a word is given up for lost
    after some twenty seconds. PostgreSQL compiles no queries: that takes longer than ours run.
    """
    shared = {"hide_parameters": True, "pool_size": threads, "max_overflow": SPARE}
    if url.startswith("sqlite"):
        return {**shared, "connect_args": {"timeout": WAIT_FOR_WRITER, "check_same_thread": False}}
    return {
        **shared,
        "connect_args": {
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c jit=off",
            "keepalives_idle": 5,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    }


def prepare(engine: Engine) -> None:
    """Make SQLite wait for its one writer rather than fail, and lose nothing on a power cut; make
    sure that a connection to PostgreSQL which was idle still lives.

    A transaction that starts by reading and then writes fails at once under WAL when another has
    written meanwhile, so writers take the lock at BEGIN; `read_only()` connections do not, nor
    those of requests that are `only_reading`.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    else:
        event.listen(engine, "checkin", _on_checkin)
        event.listen(engine, "checkout", partial(_on_checkout, engine.dialect))


def read_only(connection: Connection) -> Connection:
    """For transactions that only read: on SQLite they then wait for nobody."""
    return connection.execution_options(**{IMMEDIATE: False})


def begin_reading(session: Session) -> None:
    """Begin a transaction of `session` that only reads, as `read_only` has it. What is open ends:
    once it has begun, it cannot become one."""
    session.rollback()
    session.connection(execution_options={IMMEDIATE: False})


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one query that only reads: outside of any transaction on PostgreSQL, which
    spares two round trips."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
        else:
            yield read_only(connection)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, also within a request that is `only_reading`."""
    with engine.connect() as connection:
        connection = connection.execution_options(**{IMMEDIATE: True})
        with connection.begin():
            yield connection


@contextmanager
def unless_busy(engine: Engine) -> Iterator[Connection]:
    """A transaction for a note that may as well be made later: while another writes to SQLite it
    raises OperationalError at once, where others would wait."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                yield connection
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            with connection.begin():
                yield connection
        finally:
            driver.execute(f"PRAGMA busy_timeout = {WAIT_FOR_WRITER * 1000}")


def _on_checkin(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[IDLE_SINCE] = monotonic()


def _on_checkout(
    dialect: Dialect, dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """SQLAlchemy's `pool_pre_ping`, but for connections that were in use a moment ago: a ping
    costs as much as the queries of a small request."""
    if monotonic() - record.info.get(IDLE_SINCE, -inf) < FRESH:
        return
    try:
        dialect.do_ping(dbapi_connection)
    except Exception as error:
        raise DisconnectionError from error


def _on_connect(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(IMMEDIATE, not only_reading.get())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
