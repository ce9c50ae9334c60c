"""What PostgreSQL and SQLite need at connect, so that the rest need not know."""

from typing import Any

from sqlalchemy import Connection, Engine, event

IMMEDIATE = "hookline_immediate"


def engine_options(url: str) -> dict[str, Any]:
    """Options of `create_engine` for that database. Errors never show what was stored."""
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": 15, "check_same_thread": False},
        }
    return {
        "hide_parameters": True,
        "pool_size": 20,
        "max_overflow": 20,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 5, "options": "-c timezone=UTC"},
    }


def prepare(engine: Engine) -> None:
    """Make SQLite wait for its one writer rather than fail, and lose nothing on a power cut.

    A transaction that starts by reading and then writes fails at once under WAL when another has
    written meanwhile, so writers take the lock at BEGIN. `read_only()` connections do not.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)


def read_only(connection: Connection) -> Connection:
    """For transactions that only read: on SQLite they then wait for nobody."""
    return connection.execution_options(**{IMMEDIATE: False})


def _on_connect(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(IMMEDIATE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
