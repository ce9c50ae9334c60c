"""Orders of the lists of actions and webhooks, other than newest first.

Each is by a column of the subscription or of its counters, so that the database sorts an
organisation's own subscriptions and never reads the log.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.models.columns import UtcDateTime

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Order(NamedTuple):
    """`by` is a name in `KEYS`."""

    by: str
    descending: bool = False


def _name(_: bool) -> ColumnElement[Any]:
    return func.lower(Subscription.name)


def _health(_: bool) -> ColumnElement[Any]:
    """Failing first, then what Hookline switched off, paused, off, not sent yet, healthy."""
    health = SubscriptionHealth
    return case(
        (and_(Subscription.enabled, Subscription.paused_at.is_not(None)), 2),
        (and_(Subscription.enabled, health.failing_since.is_not(None)), 0),
        (and_(~Subscription.enabled, Subscription.disabled_reason.is_not(None)), 1),
        (~Subscription.enabled, 3),
        (health.last_success_at.is_(None), 4),
        else_=5,
    )


def _last(_: bool) -> ColumnElement[Any]:
    return func.coalesce(SubscriptionHealth.last_attempt_at, literal(NEVER, UtcDateTime()))


def _success(descending: bool) -> ColumnElement[Any]:
    """Without an attempt, last in both directions."""
    delivered = SubscriptionHealth.delivered
    attempts = delivered + SubscriptionHealth.failed_attempts
    rate = cast(delivered, Double) / attempts
    return case((attempts == 0, -1.0 if descending else 2.0), else_=rate)


KEYS: Mapping[str, Callable[[bool], ColumnElement[Any]]] = {
    "name": _name,
    "health": _health,
    "last": _last,
    "success": _success,
}


def page_in_order(
    query: Select[Subscription], tenant: Tenant, order: Order, below: str | None
) -> Select[Subscription]:
    """The rows after the one with id `below`, in this order; equal ones newest first."""
    key = KEYS[order.by](order.descending)
    query = query.join(SubscriptionHealth).order_by(
        key.desc() if order.descending else key, Subscription.id.desc()
    )
    if below is None:
        return query
    last = (
        select(key)
        .select_from(Subscription)
        .join(SubscriptionHealth)
        .where(Subscription.in_tenant(tenant), Subscription.id == below)
        .scalar_subquery()
    )
    further = key < last if order.descending else key > last
    return query.where(or_(further, and_(key == last, Subscription.id < below)))
