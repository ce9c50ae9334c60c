"""What needs attention in an organisation, and the latest deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session, joinedload

from webhooks_app.database import read_connection
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.health import last_errors
from webhooks_app.deliveries.log import Logged
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Delivery, Queued, Subscription, SubscriptionHealth
from webhooks_app.models.queued import HALVES
from webhooks_app.vocabulary import Trigger

RECENT = 10
MOST_WAITING = 10_000
MOST_TROUBLED = 20


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview's data.

    `waiting` deliveries are due now or later, counted up to `MOST_WAITING`. `recent` are newest
    first. `failing` and `disabled` hold at most `MOST_TROUBLED` each. `errors` has the last error
    of each that is failing, by id.
    """

    subscriptions: int
    waiting: int
    failing: Sequence[Subscription]
    disabled: Sequence[Subscription]
    recent: Sequence[Logged]
    errors: Mapping[str, str]


def of(session: Session, tenant: Tenant) -> Overview:
    force_index_scans(read_connection(session))
    present = (Subscription.in_tenant(tenant), Subscription.is_present())
    troubled = (
        select(Subscription)
        .join(SubscriptionHealth)
        .options(joinedload(Subscription.health))
        .where(*present)
        .order_by(Subscription.name)
        .limit(MOST_TROUBLED)
    )
    failing = troubled.where(Subscription.enabled, SubscriptionHealth.failing_since.is_not(None))
    disabled = troubled.where(~Subscription.enabled, Subscription.disabled_reason.is_not(None))
    mine = select(Subscription.id).where(*present)
    queued = select(Queued.delivery_id).where(Queued.subscription_id.in_(mine))
    open_ = union_all(*map(queued.where, HALVES)).subquery()
    waiting = (
        select(Delivery.id)
        .join(open_, open_.c.delivery_id == Delivery.id)
        .where(Delivery.trigger != Trigger.TEST.value)
        .limit(MOST_WAITING)
        .subquery()
    )
    troubled_now = session.scalars(failing).all()
    return Overview(
        subscriptions=count_subscriptions(session, tenant),
        waiting=session.scalar(select(func.count()).select_from(waiting)) or 0,
        failing=troubled_now,
        disabled=session.scalars(disabled).all(),
        recent=recent(session, tenant),
        errors=last_errors(session, troubled_now),
    )


def recent(session: Session, tenant: Tenant) -> Sequence[Logged]:
    """The newest first, `RECENT` of them."""
    return deliveries.list_deliveries(session, tenant, Filters(), PageBounds(RECENT)).rows


def count_subscriptions(session: Session, tenant: Tenant) -> int:
    present = (Subscription.in_tenant(tenant), Subscription.is_present())
    return session.scalar(select(func.count(Subscription.id)).where(*present)) or 0
