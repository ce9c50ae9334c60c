"""Recover what never arrived at an action or webhook."""

from collections.abc import Mapping
from dataclasses import dataclass

from webhooks_app.deliveries import log, missed
from webhooks_app.deliveries.log import Estimate
from webhooks_app.extensions import db
from webhooks_app.models import Subscription
from webhooks_app.web.delivery_query import DeliveryQuery
from webhooks_app.web.tenancy import here

MOST = 1000


@dataclass(frozen=True, slots=True)
class Recoverable:
    """What can be recovered. `query` is for the page that asks before sending."""

    query: Mapping[str, str]
    deliveries: Estimate
    events: Estimate


def recovery_of(row: Subscription) -> DeliveryQuery:
    """What never arrived at it in the last 7 days."""
    return DeliveryQuery({"subscription_id": row.id, "window": "7d", "missing": "1"})


def recoverable(row: Subscription) -> Recoverable:
    """Counts for the last 7 days. `events` were missed while Hookline had switched it off."""
    query = recovery_of(row)
    session, tenant = db.session(), here().tenant
    events = (
        missed.estimate(session, tenant, query.filters, MOST)
        if row.enabled
        else missed.missed_so_far(session, row, MOST)
    )
    return Recoverable(
        query=query.kept,
        deliveries=log.estimate(session, tenant, query.filters, most=1),
        events=events,
    )
