"""Deliveries that were open when a backup was made: count or cancel them."""

from datetime import datetime
from typing import cast

from sqlalchemy import Engine, Table, func, select, update

from webhooks_app.database import reading
from webhooks_app.engine.expired_leases import log_lost
from webhooks_app.models import Delivery
from webhooks_app.vocabulary import DeliveryStatus

WHY = "Cancelled: the database was restored from a backup."
BATCH = 1000
SENDING = DeliveryStatus.SENDING.value

DELIVERIES = cast(Table, Delivery.__table__)


def count_open(engine: Engine) -> int:
    with reading(engine) as connection:
        query = select(func.count()).where(DELIVERIES.c.due_at.is_not(None))
        return connection.scalar(query.select_from(DELIVERIES)) or 0


def cancel_open(engine: Engine, now: datetime) -> int:
    """Cancel all open deliveries; returns how many.

    Members can replay them. A try that was under way at the backup is logged as lost.
    """
    open_ = select(DELIVERIES.c.id, DELIVERIES.c.tries, DELIVERIES.c.status)
    batch = open_.where(DELIVERIES.c.due_at.is_not(None)).limit(BATCH).with_for_update()
    ended = {"status": DeliveryStatus.CANCELLED.value, "due_at": None, "claimed_by": None}
    total = 0
    while True:
        with engine.begin() as connection:
            rows = connection.execute(batch).all()
            tried = [(row.id, row.tries) for row in rows if row.status == SENDING]
            log_lost(connection, tried)
            these = update(DELIVERIES).where(DELIVERIES.c.id.in_([row.id for row in rows]))
            connection.execute(these.values(**ended, finished_at=now, error=WHY))
        total += len(rows)
        if len(rows) < BATCH:
            return total
