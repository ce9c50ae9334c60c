"""Whatever has an id or a name, found by it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import or_
from sqlalchemy.orm import Session

from webhooks_app.database.contains import holds
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.vocabulary import Mode

MOST = 8
LONGEST = 200


class Found(NamedTuple):
    """`kind` is action, webhook, delivery or event."""

    kind: str
    id: str
    name: str
    mode: str


def find(session: Session, tenant: Tenant, text: str) -> list[Found]:
    """What that id names, in either mode, else the actions and webhooks that have the text in name
    or URL."""
    if "\0" in text or len(text) > LONGEST:
        return []
    if by_id := BY_PREFIX.get(text[:4]):
        for mode in (tenant.mode, *Mode):
            if found := by_id(session, replace(tenant, mode=mode), text):
                return [found]
    return _named(session, tenant, text)


def _named(session: Session, tenant: Tenant, text: str) -> list[Found]:
    fits = [holds(one, text) for one in (Subscription.name, Subscription.url)]
    query = Subscription.of(tenant).where(Subscription.is_present(), or_(*fits))
    rows = session.scalars(query.order_by(Subscription.name, Subscription.id).limit(MOST))
    return [Found(row.kind, row.id, row.name, row.mode) for row in rows]


def _subscription(session: Session, tenant: Tenant, id_: str) -> Found | None:
    query = Subscription.of(tenant).where(Subscription.is_present(), Subscription.id == id_)
    row = session.scalar(query)
    return Found(row.kind, row.id, row.name, row.mode) if row else None


def _event(session: Session, tenant: Tenant, id_: str) -> Found | None:
    name = session.scalar(Event.of(tenant).where(Event.id == id_).with_only_columns(Event.type))
    return Found("event", id_, str(name), tenant.mode) if name else None


def _delivery(session: Session, tenant: Tenant, id_: str) -> Found | None:
    row = session.scalar(Delivery.of(tenant).where(Delivery.id == id_))
    return Found("delivery", row.id, row.status, row.mode) if row else None


BY_PREFIX: Mapping[str, Callable[[Session, Tenant, str], Found | None]] = {
    "evt_": _event,
    "msg_": _delivery,
    "whk_": _subscription,
    "act_": _subscription,
}
