"""Recognise a database that was restored from a dump: workers wait until somebody decides.

Deliveries that were open at the dump may have been sent since. So the database stores which
database it is, by PostgreSQL's own identifiers. A restored dump has those of another one. A copy of
the whole server, such as a snapshot of its disk, looks like the original, and so does a copy of
SQLite's files.
"""

import time
from datetime import datetime
from typing import cast

import structlog
from sqlalchemy import Engine, Table, delete, select, text
from sqlalchemy.exc import ProgrammingError

from webhooks_app.database import choose, reading, upsert
from webhooks_app.lib.errors import DATABASE_AWAY, reason_of
from webhooks_app.models import DatabaseIdentity

IDENTITY = """
    SELECT system_identifier || '/' || oid FROM pg_control_system(), pg_database
    WHERE datname = current_database()"""
RESTORED = "this database was restored from a backup"
COMMAND = "flask --app app after-restore"
LOOK_EVERY = 2.0

KNOWN = cast(Table, DatabaseIdentity.__table__)

log = structlog.get_logger(__name__)


def remember_identity(engine: Engine, now: datetime) -> None:
    """At the first start on this database."""
    identity = _identity(engine)
    if identity and _known(engine) is None:
        _store(engine, identity, now)


def is_restored(engine: Engine) -> bool:
    """Whether this is a restored copy, and nobody has said yet what to do."""
    known = _known(engine)
    identity = _identity(engine) if known else None
    return bool(known and identity and known != identity)


def wait_until_told(engine: Engine) -> None:
    """Return at once, unless this is a restored copy, or the database is away."""
    is_waiting = False
    while (fault := _fault(engine)) is not None:
        if not is_waiting:
            is_waiting = True
            log.error("nothing is sent", reason=fault)
        time.sleep(LOOK_EVERY)


def _fault(engine: Engine) -> str | None:
    try:
        return f"{RESTORED}: run `{COMMAND}`" if is_restored(engine) else None
    except DATABASE_AWAY as error:
        return reason_of(error)


def accept(engine: Engine, now: datetime) -> None:
    """Workers may deliver from this database: what is open is sent, with the same ids."""
    if identity := _identity(engine):
        _store(engine, identity, now)


def _known(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return connection.scalar(select(KNOWN.c.identity))


def _store(engine: Engine, identity: str, now: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(delete(KNOWN))
        row = upsert(connection, KNOWN).values(identity=identity, known_since=now)
        connection.execute(row.on_conflict_do_nothing())


def _identity(engine: Engine) -> str | None:
    """None where PostgreSQL does not say it, and for SQLite."""
    if choose(engine, postgresql=False, sqlite=True):
        return None
    try:
        with reading(engine) as connection:
            return str(connection.scalar(text(IDENTITY)))
    except ProgrammingError:
        return None
