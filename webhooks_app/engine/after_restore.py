"""Deliveries that were open when a backup was made: count or cancel them."""

from typing import cast

from sqlalchemy import Engine, Table, func, select, text

from webhooks_app.database import read_only
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.engine import adoption
from webhooks_app.engine.expired_leases import WORKER_STOPPED
from webhooks_app.engine.switching_off import BATCH, cancel_of, end_tries
from webhooks_app.models import Delivery, Queued
from webhooks_app.models.delivery import OLDER_DELAYED, OLDER_READY

WHY = "Cancelled: the database was restored from a backup."

DELIVERIES = cast(Table, Delivery.__table__)
QUEUE = cast(Table, Queued.__table__)
OLDER_HALVES = (text(OLDER_READY), text(OLDER_DELAYED))


def count_open(engine: Engine) -> int:
    queued = select(func.count()).select_from(QUEUE)
    older = (select(func.count()).select_from(DELIVERIES).where(half) for half in OLDER_HALVES)
    with engine.connect() as connection:
        force_index_scans(read_only(connection))
        return sum(connection.scalar(one) or 0 for one in (queued, *older))


def cancel_open(engine: Engine) -> int:
    """Cancel all open deliveries; returns how many.

    Members can replay them. A try that was under way at the backup is logged as lost.
    """
    for half in OLDER_HALVES:
        adopted = adoption.BATCH
        while adopted == adoption.BATCH:
            with engine.begin() as connection:
                adopted = adoption.adopt(connection, half)
    total, cancelled = 0, BATCH
    while cancelled == BATCH:
        with engine.begin() as connection:
            cancelled = cancel_of(connection, why=WHY)
        total += cancelled
    with engine.begin() as connection:
        return total + end_tries(connection, why=WHY, lost=WORKER_STOPPED)
