"""What PostgreSQL needs at connect."""

import os
from collections.abc import Mapping
from functools import partial
from time import monotonic
from typing import Any

from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction
from sqlalchemy import Dialect, Engine, ExceptionContext, event, make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from webhooks_app.database.hanging import IN_USE_SINCE, Watch

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
# How long a statement may wait for a lock, and how long it may take, in milliseconds. Whoever runs
# a command waits for its end, and a migration limits its waits itself.
COMMAND = {"lock_timeout": 0, "statement_timeout": 0}
RESIDENT = {"lock_timeout": 10_000, "statement_timeout": 300_000}
LIMITS = {
    "web": {"lock_timeout": 5_000, "statement_timeout": 10_000},
    "deliveries": RESIDENT,
    "beat": RESIDENT,
    "background": {"lock_timeout": 30_000, "statement_timeout": 3_600_000},
}
REPLICA = {"lock_timeout": 1_000, "statement_timeout": 5_000}
UNHURRIED = "SET LOCAL statement_timeout = '1h'"
SOON = {"connect_timeout": 2}
CONNECT = {
    "connect_timeout": 5,
    **KEEPALIVE,
    "tcp_user_timeout": 20_000,
}


def options(url: str, pooling: str, role: str) -> dict[str, object]:
    """Options of `create_engine` for a process with that role."""
    settings = SESSION | LIMITS.get(role, COMMAND)
    return {"connect_args": _connect_args(url, pooling, role, CONNECT, settings)}


def replica_options(url: str, pooling: str, role: str) -> dict[str, object]:
    """Options of `create_engine` for a replica: it is soon given up, since the primary remains."""
    arguments = _connect_args(url, pooling, role, CONNECT | SOON, SESSION | REPLICA)
    return {"connect_args": arguments, "pool_timeout": 2}


def _connect_args(
    url: str,
    pooling: str,
    role: str,
    connect: Mapping[str, object],
    settings: Mapping[str, object],
) -> dict[str, object]:
    """What the URL says wins, and so does what `PGAPPNAME` and `PGOPTIONS` say.

    In transaction mode a pooler shares a connection: it accepts no `settings`, which must then be
    set on the role of the database, and no statement stays prepared.
    """
    said = make_url(url).query
    own: dict[str, object] = {name: value for name, value in connect.items() if name not in said}
    own["fallback_application_name"] = f"hookline {role}".strip()
    if pooling == "transaction":
        return {**own, "prepare_threshold": None}
    theirs = said.get("options") or os.environ.get("PGOPTIONS", "")
    ours = [f"-c {name}={value}" for name, value in settings.items()]
    return {**own, "options": " ".join([*ours, str(theirs)]).strip()}


def prepare(engine: Engine) -> None:
    """Make sure that an idle connection still works, and that none hangs."""
    Watch(engine)
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
    record.info.pop(IN_USE_SINCE, None)


def _on_checkout(
    dialect: Dialect, dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """SQLAlchemy's `pool_pre_ping`, except for connections that were in use a moment ago.

    A ping costs as much as the queries of a small request. One that was just made needs none.
    """
    record.info[IN_USE_SINCE] = now = monotonic()
    idle_since = record.info.get(IDLE_SINCE)
    if idle_since is None or now - idle_since < FRESH:
        return
    try:
        dialect.do_ping(dbapi_connection)
    except Exception as error:
        raise DisconnectionError from error
