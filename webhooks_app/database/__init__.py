"""PostgreSQL and SQLite, so that no other code needs to know which.

`choose` is the only place that asks. `postgres` and `sqlite` hold what each needs at connect;
`bulk` writes many rows at once.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.orm import DeclarativeBase, Session

from webhooks_app.database import postgres, sqlite
from webhooks_app.database.sqlite import IMMEDIATE, only_reading
from webhooks_app.lib.times import utcnow

__all__ = [
    "begin_reading",
    "choose",
    "clock",
    "engine_options",
    "hold_name",
    "one_statement",
    "only_reading",
    "prepare",
    "read_connection",
    "read_only",
    "reading",
    "replica_engine",
    "snapshot",
    "unhurried",
    "unless_busy",
    "upsert",
    "writing",
]

SPARE = 8
NO_WRITER: dict[str, Any] = {IMMEDIATE: False}
ANY_QUERY = select(1)
HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
T = TypeVar("T")


def choose(bind: Engine | Connection, *, postgresql: T, sqlite: T) -> T:
    """The value for the database of `bind`."""
    return postgresql if bind.dialect.name == "postgresql" else sqlite


def engine_options(url: str, threads: int, pooling: str, role: str) -> dict[str, object]:
    """Options of `create_engine` for that database, with a connection for each of `threads`.

    `pooling` is the setting `DATABASE_POOLING`. Errors never show stored values.
    """
    is_file = url.startswith("sqlite")
    own = sqlite.OPTIONS if is_file else postgres.options(url, pooling, role)
    return {"hide_parameters": True, "pool_size": threads, "max_overflow": SPARE, **own}


def replica_engine(url: str, threads: int, pooling: str, role: str) -> Engine:
    """For reading from a replica of PostgreSQL, with a connection for each of `threads`."""
    options: Any = postgres.replica_options(url, pooling, role)
    engine = create_engine(
        url, hide_parameters=True, pool_size=threads, max_overflow=SPARE, **options
    )
    prepare(engine)
    return engine


def prepare(engine: Engine) -> None:
    """Set up each new connection of `engine`."""
    choose(engine, postgresql=postgres.prepare, sqlite=sqlite.prepare)(engine)


def upsert(bind: Engine | Connection, table: Table | type[DeclarativeBase]) -> postgresql.Insert:
    """An INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`, the same on both."""
    insert: Any = choose(bind, postgresql=postgresql.insert, sqlite=sqlite_dialect.insert)
    statement: postgresql.Insert = insert(table)
    return statement


def read_only(connection: Connection) -> Connection:
    """Mark transactions that only read: on SQLite they wait for no writer."""
    return connection.execution_options(**NO_WRITER)


def snapshot(connection: Connection) -> None:
    """Let all following queries see the same moment without blocking anyone."""
    frozen = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    connection.execution_options(**choose(connection, postgresql=frozen, sqlite=NO_WRITER))


def begin_reading(session: Session) -> None:
    """Begin a read-only transaction of `session`, see `read_only`.

    An open transaction ends first, since it cannot become read-only.
    """
    session.rollback()
    session.connection(execution_options=NO_WRITER)


def read_connection(session: Session) -> Connection:
    """The connection of the session's queries, which may be one to a replica.

    `session.connection()` is always one to the primary.
    """
    return session.connection(bind_arguments={"clause": ANY_QUERY})


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for one read-only query.

    On PostgreSQL it runs outside any transaction, which saves two round trips.
    """
    options = choose(engine, postgresql={"isolation_level": "AUTOCOMMIT"}, sqlite=NO_WRITER)
    with engine.connect() as connection:
        yield connection.execution_options(**options)


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Connection]:
    """A read-only transaction, for processes that repeat a few statements.

    It ends with COMMIT. At a ROLLBACK, psycopg forgets the statements that it has prepared, and
    PostgreSQL plans each of them again.
    """
    with engine.connect() as connection, read_only(connection).begin():
        yield connection


@contextmanager
def one_statement(engine: Engine) -> Iterator[Connection]:
    """A connection to PostgreSQL on which each statement is its own transaction."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes, even within a request that is `only_reading`."""
    with engine.connect() as connection:
        connection = connection.execution_options(**{IMMEDIATE: True})
        with connection.begin():
            yield connection


@contextmanager
def unless_busy(engine: Engine) -> Iterator[Connection]:
    """A transaction for a note that can be made later.

    While someone else writes to SQLite it raises OperationalError at once instead of waiting.
    """
    with engine.connect() as connection, _impatient(connection), connection.begin():
        yield connection


def clock(connection: Connection) -> datetime:
    """The moment by the database's clock, which decides what is due.

    The clocks of our machines may differ from it.
    """
    if choose(connection, postgresql=False, sqlite=True):
        return utcnow()
    now: datetime = connection.execute(select(func.now())).scalar_one()
    return now.astimezone(UTC)


def clock_of(engine: Engine) -> datetime:
    """The same, for jobs: what they compare with it was stored by many machines."""
    with reading(engine) as connection:
        return clock(connection)


def hold_name(session: Session, name: str) -> None:
    """Until the session's transaction ends, nobody else holds that name; others wait.

    On SQLite, transactions that write are one at a time anyway.
    """
    if choose(session.connection(), postgresql=True, sqlite=False):
        session.execute(HOLD, {"name": name})


def unhurried(connection: Connection) -> None:
    """Until the transaction ends, statements may take longer than those of a request may."""
    if choose(connection, postgresql=True, sqlite=False):
        connection.exec_driver_sql(postgres.UNHURRIED)


def _impatient(connection: Connection) -> AbstractContextManager[None]:
    if choose(connection, postgresql=False, sqlite=True):
        return sqlite.impatient(connection)
    return nullcontext()
