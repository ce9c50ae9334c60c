"""What the first page shows of an organisation."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.pipeline.incoming import Tenant

RECENT = 20


@dataclass(frozen=True, slots=True)
class Line:
    delivery: Delivery
    event_type: str
    subscription: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`by_status` counts the deliveries that are kept; `recent` is newest first."""

    by_status: dict[str, int]
    recent: Sequence[Line]


def of(session: Session, tenant: Tenant) -> Overview:
    counted = session.execute(
        select(Delivery.status, func.count()).where(*_of(tenant)).group_by(Delivery.status)
    )
    recent = session.execute(
        select(Delivery, Event.type, Subscription.name)
        .join(Event, Event.id == Delivery.event_id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(*_of(tenant))
        .order_by(Delivery.id.desc())
        .limit(RECENT)
    )
    return Overview(
        by_status={row.status: row[1] for row in counted},
        recent=[Line(*row) for row in recent],
    )


def _of(tenant: Tenant) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Delivery.organisation_id == tenant.organisation_id, Delivery.mode == tenant.mode
