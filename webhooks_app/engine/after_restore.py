"""Deliveries that were open when a backup was made: count or cancel them."""

from datetime import datetime
from typing import cast

from sqlalchemy import Engine, Table, TextClause, func, select, update

from webhooks_app.database import read_only
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.engine.expired_leases import log_lost
from webhooks_app.models import Delivery
from webhooks_app.models.delivery import HALVES
from webhooks_app.vocabulary import DeliveryStatus

WHY = "Cancelled: the database was restored from a backup."
BATCH = 1000
SENDING = DeliveryStatus.SENDING.value

DELIVERIES = cast(Table, Delivery.__table__)


def count_open(engine: Engine) -> int:
    counts = [select(func.count()).select_from(DELIVERIES).where(half) for half in HALVES]
    with engine.connect() as connection:
        force_index_scans(read_only(connection))
        return sum(connection.scalar(one) or 0 for one in counts)


def cancel_open(engine: Engine, now: datetime) -> int:
    """Cancel all open deliveries; returns how many.

    Members can replay them. A try that was under way at the backup is logged as lost.
    """
    return sum(_cancel_half(engine, half, now) for half in HALVES)


def _cancel_half(engine: Engine, half: TextClause, now: datetime) -> int:
    open_ = select(DELIVERIES.c.id, DELIVERIES.c.tries, DELIVERIES.c.status)
    batch = open_.where(half).limit(BATCH).with_for_update()
    ended = {"status": DeliveryStatus.CANCELLED.value, "due_at": None, "claimed_by": None}
    total = 0
    while True:
        with engine.begin() as connection:
            force_index_scans(connection)
            rows = connection.execute(batch).all()
            tried = [(row.id, row.tries) for row in rows if row.status == SENDING]
            log_lost(connection, tried)
            these = update(DELIVERIES).where(DELIVERIES.c.id.in_([row.id for row in rows]))
            connection.execute(these.values(**ended, finished_at=now, error=WHY))
        total += len(rows)
        if len(rows) < BATCH:
            return total
