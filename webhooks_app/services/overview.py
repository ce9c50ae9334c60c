"""What the first page shows of an organisation."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webhooks_app.models import Delivery, Event, Inbox, Organisation, Subscription
from webhooks_app.vocabulary import Mode

RECENT = 20


@dataclass(frozen=True, slots=True)
class Line:
    delivery: Delivery
    event_type: str
    subscription: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`by_status` counts the live deliveries that are kept; `recent` is newest first."""

    by_status: dict[str, int]
    recent: Sequence[Line]
    inboxes: Sequence[Inbox]


def of(session: Session, organisation: Organisation) -> Overview:
    counted = session.execute(
        select(Delivery.status, func.count())
        .where(Delivery.organisation_id == organisation.id, Delivery.mode == Mode.LIVE.value)
        .group_by(Delivery.status)
    )
    recent = session.execute(
        select(Delivery, Event.type, Subscription.name)
        .join(Event, Event.id == Delivery.event_id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(Delivery.organisation_id == organisation.id, Delivery.mode == Mode.LIVE.value)
        .order_by(Delivery.id.desc())
        .limit(RECENT)
    )
    inboxes = session.scalars(select(Inbox).where(Inbox.organisation_id == organisation.id))
    return Overview(
        by_status={row.status: row[1] for row in counted},
        recent=[Line(*row) for row in recent],
        inboxes=inboxes.all(),
    )
