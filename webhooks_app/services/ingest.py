"""Taking in what producers report."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.pipeline.accept import KeyReused, accept
from webhooks_app.pipeline.incoming import Accepted, Incoming, Tenant

__all__ = ["KeyReused", "ingest"]


def ingest(session: Session, tenant: Tenant, events: Sequence[Incoming]) -> list[Accepted]:
    """Commit `events` with all their deliveries, then ask for an engine.

    Raises `KeyReused`, with nothing stored, when an idempotency key came with another event.
    """
    accepted = accept(session, tenant, events)
    if any(one.deliveries and not one.repeated for one in accepted):
        queue.nudge()
    return accepted
