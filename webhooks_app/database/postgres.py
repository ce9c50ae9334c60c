"""What PostgreSQL needs at connect."""

from collections.abc import Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any

from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction
from sqlalchemy import Dialect, Engine, ExceptionContext, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

IDLE_SINCE = "hookline_idle_since"
FRESH = 1.0
AWAY = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)

# A vanished host counts as lost after about twenty seconds, on both sides, and its locks are
# released. The same happens when a process stops in the middle of a transaction.
KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3}
# No query is compiled (JIT): compiling takes longer than our queries run.
SESSION = {
    "timezone": "UTC",
    "jit": "off",
    **{f"tcp_{name}": value for name, value in KEEPALIVE.items()},
    "tcp_user_timeout": 20_000,
    "idle_in_transaction_session_timeout": 25_000,
}
READS = {"statement_timeout": 5_000, "lock_timeout": 1_000}
SOON = {"connect_timeout": 2}
CONNECT = {
    "connect_timeout": 5,
    **KEEPALIVE,
    "tcp_user_timeout": 20_000,
    "fallback_application_name": "hookline",  # PGAPPNAME overrides it
}


def options(pooling: str) -> dict[str, object]:
    """Options of `create_engine`.

    In transaction mode a pooler shares a connection: it accepts no `SESSION`, which must then be
    set on the role, and no statement stays prepared.
    """
    if pooling == "transaction":
        return {"connect_args": {**CONNECT, "prepare_threshold": None}}
    return {"connect_args": {**CONNECT, "options": _said(SESSION)}}


def replica_options(pooling: str) -> dict[str, object]:
    """Options of `create_engine` for a replica: it is soon given up, since the primary remains."""
    own: dict[str, object] = {"options": _said(SESSION | READS)}
    if pooling == "transaction":
        own = {"prepare_threshold": None}
    return {"connect_args": {**CONNECT, **SOON, **own}, "pool_timeout": 2}


def _said(settings: Mapping[str, object]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def prepare(engine: Engine) -> None:
    """Make sure that an idle connection still works."""
    event.listen(engine, "handle_error", _on_error, retval=True)
    event.listen(engine, "checkin", _on_checkin)
    event.listen(engine, "checkout", partial(_on_checkout, engine.dialect))


def away(error: BaseException | None) -> OperationalError | None:
    """Turn `error` into the error of an unavailable database, if that is what it means.

    After a failover, a connection may still lead to the former primary, which is now read-only.
    """
    if not isinstance(error, AWAY):
        return None
    return OperationalError(None, None, error, hide_parameters=True, connection_invalidated=True)


def _on_error(context: ExceptionContext) -> OperationalError | None:
    found = away(context.original_exception)
    if found is not None:
        context.is_disconnect = True
    return found


def _on_checkin(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[IDLE_SINCE] = monotonic()


def _on_checkout(
    dialect: Dialect, dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """SQLAlchemy's `pool_pre_ping`, except for connections that were in use a moment ago.

    A ping costs as much as the queries of a small request.
    """
    if monotonic() - record.info.get(IDLE_SINCE, -inf) < FRESH:
        return
    try:
        dialect.do_ping(dbapi_connection)
    except Exception as error:
        raise DisconnectionError from error
