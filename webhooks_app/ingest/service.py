"""Accept what producers report."""

from collections.abc import Sequence

from webhooks_app import queue
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import KeyReused, accept
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.incoming import Accepted, Incoming
from webhooks_app.parts import parts

__all__ = ["KeyReused", "ingest", "ingest_batch"]


def ingest(tenant: Tenant, event: Incoming) -> Accepted:
    """Commit an event with all its deliveries, then ask for an engine.

    Raises `KeyReused`, with nothing stored, when an idempotency key was used for another event.
    """
    return parts().ingest.accept(tenant, event)


def ingest_batch(tenant: Tenant, events: Sequence[Incoming]) -> list[Accepted]:
    """Like `ingest`, for all events or none, in their own transaction."""
    accepted = accept(db.engine, tenant, events)
    if any(one.plans_deliveries for one in accepted):
        queue.nudge()
    return accepted
