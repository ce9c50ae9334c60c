"""Switching subscriptions off, and what that does to deliveries that still wait."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, or_, select, update

from webhooks_app.clock import utcnow
from webhooks_app.models import Delivery, Organisation, Subscription
from webhooks_app.pipeline.lost import log_lost
from webhooks_app.pipeline.notify import NoticeOf, notify
from webhooks_app.vocabulary import DeliveryStatus

GONE = "The endpoint answered 410 Gone: it asks for nothing more."
SWITCHED_OFF = "Cancelled: the subscription was off."

DELIVERIES = cast(Table, Delivery.__table__)
ORGANISATIONS = cast(Table, Organisation.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)
WAITING = (DeliveryStatus.PENDING.value, DeliveryStatus.RETRYING.value)


def disable(connection: Connection, subscription_ids: Collection[str], reason: str) -> list[str]:
    """Switch those off that are on, cancel what waits, tell the members. Returns their ids."""
    now = utcnow()
    subscriptions = SUBSCRIPTIONS.c
    rows = connection.execute(
        update(SUBSCRIPTIONS)
        .where(subscriptions.id.in_(sorted(subscription_ids)), subscriptions.enabled)
        .values(
            enabled=False,
            disabled_reason=reason,
            disabled_at=now,
            updated_at=now,
            revision=subscriptions.revision + 1,
        )
        .returning(
            subscriptions.id, subscriptions.name, subscriptions.organisation_id, subscriptions.mode
        )
    ).all()
    for row in rows:
        touch(connection, row.organisation_id)
        cancel_waiting(connection, row.id)
        about = NoticeOf(row.organisation_id, row.mode, row.id)
        notify(connection, about, "endpoint_disabled", f"{row.name} was disabled", reason, now)
    return [row.id for row in rows]


def disable_gone(connection: Connection, subscription_ids: Collection[str]) -> None:
    disable(connection, subscription_ids, GONE)


def touch(connection: Connection, organisation_id: str) -> None:
    """Say that a subscription of the organisation changed: what matching keeps is stale."""
    organisations = ORGANISATIONS.c
    connection.execute(
        update(ORGANISATIONS)
        .where(organisations.id == organisation_id)
        .values(subscriptions_version=organisations.subscriptions_version + 1)
    )


def cancel_waiting(connection: Connection, subscription_id: str) -> None:
    """Cancel what waits for a subscription; what is being sent right now is left to end."""
    deliveries = DELIVERIES.c
    _cancel(
        connection,
        deliveries.subscription_id == subscription_id,
        deliveries.due_at.is_not(None),
    )


def cancel_unserved(connection: Connection, delivery_ids: Collection[str]) -> None:
    """Of these, cancel those whose subscription was switched off or deleted meanwhile."""
    deliveries = DELIVERIES.c
    _cancel(
        connection,
        deliveries.id.in_(delivery_ids),
        deliveries.subscription_id.in_(_unserved()),
    )


def cancel_left_over(connection: Connection) -> None:
    """Cancel what waits for any subscription that is off: the sweep's safety net."""
    deliveries = DELIVERIES.c
    _cancel(connection, deliveries.subscription_id.in_(_unserved()), deliveries.due_at.is_not(None))


def release_expired(connection: Connection, now: datetime) -> None:
    """Cancel what was being sent for a subscription now off, when its worker died."""
    deliveries = DELIVERIES.c
    released = connection.execute(
        update(DELIVERIES)
        .where(
            deliveries.subscription_id.in_(_unserved()),
            deliveries.status == DeliveryStatus.SENDING.value,
            deliveries.due_at < now,
        )
        .values(
            status=DeliveryStatus.CANCELLED.value, due_at=None, finished_at=now, error=SWITCHED_OFF
        )
        .returning(deliveries.id, deliveries.tries)
    )
    log_lost(connection, [(row.id, row.tries) for row in released])


def _unserved() -> Any:
    subscriptions = SUBSCRIPTIONS.c
    return select(subscriptions.id).where(
        or_(~subscriptions.enabled, subscriptions.deleted_at.is_not(None))
    )


def _cancel(connection: Connection, *conditions: Any) -> None:
    deliveries = DELIVERIES.c
    connection.execute(
        update(DELIVERIES)
        .where(*conditions, deliveries.status.in_(WAITING))
        .values(
            status=DeliveryStatus.CANCELLED.value,
            due_at=None,
            finished_at=utcnow(),
            error=SWITCHED_OFF,
        )
    )
