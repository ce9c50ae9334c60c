"""Wait until deliveries have ended. No transaction is open meanwhile."""

from datetime import datetime
from time import sleep

from sqlalchemy import ColumnElement, Engine, and_, or_, select
from sqlalchemy.orm import Session

from webhooks_app.database import reading
from webhooks_app.deliveries.filters import of_event
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Subscription
from webhooks_app.vocabulary import OPEN, WAITING, DeliveryStatus

STEP = 0.05  # seconds between two looks


def wait_for_delivery(database: Engine, tenant: Tenant, delivery_id: str, until: datetime) -> None:
    """Wait until it has ended, its webhook is paused, its next try is after `until`, or `until` has
    passed.
    """
    _wait(database, and_(Delivery.in_tenant(tenant), Delivery.id == delivery_id), until)


def wait_for_event(database: Engine, event_id: str, until: datetime) -> None:
    """The same for all deliveries of an event.

    Without the tenant, which the event has: SQLite would walk through all of the tenant's.
    """
    _wait(database, of_event(event_id), until)


def has_open(session: Session, event_id: str) -> bool:
    """Whether a delivery of the event has not ended."""
    open_ones = select(Delivery.id).where(of_event(event_id), Delivery.status.in_(OPEN))
    return session.scalar(open_ones.limit(1)) is not None


def _wait(database: Engine, those: ColumnElement[bool], until: datetime) -> None:
    still_open = or_(
        Delivery.status == DeliveryStatus.SENDING,
        and_(
            Delivery.status.in_(WAITING),
            Delivery.due_at <= until,
            Subscription.paused_at.is_(None),
        ),
    )
    query = (
        select(Delivery.id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(those, still_open)
        .limit(1)
    )
    while utcnow() < until:
        with reading(database) as connection:
            if connection.scalar(query) is None:
                return
        sleep(STEP)
