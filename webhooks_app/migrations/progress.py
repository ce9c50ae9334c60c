"""Say what a migration is doing while it takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

EVERY = 10.0  # seconds
LONGEST = 100
DOING = text("""
    SELECT a.query, a.wait_event_type = 'Lock' AS waits,
        extract(epoch FROM clock_timestamp() - a.query_start) AS seconds,
        100 * p.blocks_done / nullif(p.blocks_total, 0) AS percent
    FROM pg_stat_activity AS a LEFT JOIN pg_stat_progress_create_index AS p USING (pid)
    WHERE a.pid = :pid AND a.state = 'active'""")

log = structlog.get_logger(__name__)


@contextmanager
def shown(connection: Connection, last_applied: Callable[[], str | None]) -> Iterator[None]:
    """Log a line every few seconds about the migration on that connection."""
    ended = Event()
    doing = _doing(connection)

    def watch() -> None:
        began = monotonic()
        while not ended.wait(EVERY):
            seconds = round(monotonic() - began)
            log.info("still migrating", seconds=seconds, last_applied=last_applied(), **doing())

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=5)  # it may wait for a database that is away


def _doing(connection: Connection) -> Callable[[], dict[str, Any]]:
    """How to ask PostgreSQL for the statement that runs; SQLite cannot say."""
    if connection.dialect.name != "postgresql":
        return dict
    pid, engine = connection.scalar(text("SELECT pg_backend_pid()")), connection.engine
    connection.rollback()
    return lambda: _statement(engine, pid)


def _statement(engine: Engine, pid: int) -> dict[str, Any]:
    with suppress(SQLAlchemyError), engine.connect() as connection:
        row = connection.execute(DOING, {"pid": pid}).first()
        if row is not None:
            statement = " ".join(row.query.split())[:LONGEST]
            found = {"statement": statement, "statement_seconds": round(row.seconds)}
            found |= {"waits_for_a_lock": True} if row.waits else {}
            return found | ({} if row.percent is None else {"percent": int(row.percent)})
    return {}
