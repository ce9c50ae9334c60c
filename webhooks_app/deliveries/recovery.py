"""Recover an action or a webhook: send what never arrived since a moment."""

from datetime import datetime

from sqlalchemy.orm import Session

from webhooks_app.deliveries import replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import ReplayBatch, Subscription


def recover(session: Session, row: Subscription, requested_by: str, since: datetime) -> ReplayBatch:
    """Start a replay of what failed, was cancelled or was missed; committed.

    Raises `Conflict` when it is off, since nothing could be sent.
    """
    if not row.enabled:
        raise Conflict(f"This {row.kind} is off. Switch it on first.")
    filters = Filters(subscription_id=row.id, since=since, missing=True)
    return replays.start(session, Tenant(row.organisation_id, row.mode), requested_by, filters)
