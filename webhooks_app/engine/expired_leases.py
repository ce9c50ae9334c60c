"""Tries whose worker died: each one also gets an attempt in the log."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Table

from webhooks_app.database import upsert
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt

ATTEMPTS = cast(Table, Attempt.__table__)

WORKER_STOPPED = "No answer was stored: the worker stopped before it could store one."
LISTENER_STOPPED = "No answer came: the listener stopped before it could report one."


def log_lost(
    connection: Connection, tries: Sequence[tuple[str, int]], why: str = WORKER_STOPPED
) -> None:
    """Log these tries as lost; each is a delivery's id and the number of the try."""
    if not tries:
        return
    now = utcnow()
    # An engine of an older version may have stored its late answer under that number.
    connection.execute(
        upsert(connection, ATTEMPTS).on_conflict_do_nothing(),
        [
            {
                "delivery_id": delivery_id,
                "number": number,
                "outcome": "lost",
                "error": why,
                "url": "",
                "request_headers": "{}",
                "response_headers": "[]",
                "response_body": b"",
                "response_truncated": False,
                "started_at": now,
                "duration_ms": 0,
            }
            for delivery_id, number in tries
        ],
    )
