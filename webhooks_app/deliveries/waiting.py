"""Wait until deliveries have ended. No transaction is open meanwhile."""

from datetime import datetime
from time import sleep

from sqlalchemy import Engine, and_, or_, select

from webhooks_app.database import reading
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Subscription
from webhooks_app.vocabulary import WAITING, DeliveryStatus

STEP = 0.05  # seconds between two looks


def wait_for_delivery(database: Engine, tenant: Tenant, delivery_id: str, until: datetime) -> None:
    """Until it has ended, its webhook is paused, its next try is after `until`, or `until`."""
    _wait(database, tenant, {"id": delivery_id}, until)


def wait_for_event(database: Engine, tenant: Tenant, event_id: str, until: datetime) -> None:
    """The same for all deliveries of an event."""
    _wait(database, tenant, {"event_id": event_id}, until)


def _wait(database: Engine, tenant: Tenant, which: dict[str, str], until: datetime) -> None:
    still_open = or_(
        Delivery.status == DeliveryStatus.SENDING,
        and_(
            Delivery.status.in_(WAITING),
            Delivery.due_at <= until,
            Subscription.paused_at.is_(None),
        ),
    )
    those = [getattr(Delivery, name) == value for name, value in which.items()]
    query = (
        select(Delivery.id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(Delivery.in_tenant(tenant), *those, still_open)
        .limit(1)
    )
    while utcnow() < until:
        with reading(database) as connection:
            if connection.scalar(query) is None:
                return
        sleep(STEP)
