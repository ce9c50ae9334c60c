"""The delivery log: listed, read, replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, defer

from webhooks_app import queue
from webhooks_app.channels.webhook.formats import EventView, wire_format
from webhooks_app.clock import utcnow
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.paging import Page, Window, page_of
from webhooks_app.models import Attempt, Delivery, Event, Subscription
from webhooks_app.pipeline.incoming import Tenant
from webhooks_app.services.errors import Conflict, NotFound
from webhooks_app.vocabulary import DeliveryStatus, Trigger


@dataclass(frozen=True, slots=True)
class Filters:
    """What to list; None means any. `status_codes` has a first and a last, both meant.

    `since` and `until` bound when a delivery was made: from the one, to just before the other.
    """

    subscription_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    status: DeliveryStatus | None = None
    status_codes: tuple[int, int] | None = None
    since: datetime | None = None
    until: datetime | None = None


class Logged(NamedTuple):
    delivery: Delivery
    event: Event


def list_deliveries(
    session: Session, tenant: Tenant, filters: Filters, window: Window
) -> Page[Logged]:
    """Newest first. Events come without their data, which may be large."""
    query = _of(tenant).where(*_conditions(filters)).options(defer(Event.data))
    if window.below is not None:
        query = query.where(Delivery.id < window.below)
    newest = query.order_by(Delivery.id.desc()).limit(window.size + 1)
    rows = [Logged(*row) for row in session.execute(newest)]
    return page_of(rows, [row.delivery.id for row in rows], window.size)


def find_delivery(session: Session, tenant: Tenant, delivery_id: str) -> Logged:
    """Raises `NotFound`, also for deliveries of others."""
    row = session.execute(_of(tenant).where(Delivery.id == delivery_id)).first()
    if row is None:
        raise NotFound
    return Logged(*row)


def attempts_of(session: Session, delivery: Delivery) -> Sequence[Attempt]:
    """In the order they were made."""
    return session.scalars(
        select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.number)
    ).all()


def subscription_of(session: Session, delivery: Delivery) -> Subscription:
    """Also one that was deleted."""
    return session.get_one(Subscription, delivery.subscription_id)


def request_body(logged: Logged) -> str:
    """The body that every try of this delivery sends."""
    event = logged.event
    view = EventView(
        id=event.id,
        type=event.type,
        occurred_at=event.occurred_at,
        organisation_id=event.organisation_id,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        data=event.data.encode(),
    )
    return wire_format(logged.delivery.wire_format).envelope(view).decode()


def replay(session: Session, logged: Logged) -> Logged:
    """Send the same body again, as a new delivery to the URL of now; committed and due.

    The delivery it repeats stays as it is, with its own retries. Raises `Conflict` when the
    subscription is deleted or off.
    """
    before = logged.delivery
    _must_be_served(session.get_one(Subscription, before.subscription_id))
    now = utcnow()
    again = Delivery(
        id=new_id("msg"),
        organisation_id=before.organisation_id,
        mode=before.mode,
        subscription_id=before.subscription_id,
        event_id=before.event_id,
        trigger=Trigger.REPLAY.value,
        replay_of=before.id,
        wire_format=before.wire_format,
        status=DeliveryStatus.PENDING.value,
        due_at=now,
        created_at=now,
    )
    session.add(again)
    session.commit()
    queue.nudge()
    return Logged(again, logged.event)


def _must_be_served(subscription: Subscription) -> None:
    if subscription.deleted_at is not None:
        raise Conflict("Its subscription was deleted, so there is nowhere to send it.")
    if not subscription.enabled:
        raise Conflict("Its subscription is off: enable it first.")


def _of(tenant: Tenant) -> Select[Delivery, Event]:
    return (
        select(Delivery, Event)
        .join(Event, Event.id == Delivery.event_id)
        .where(
            Delivery.organisation_id == tenant.organisation_id,
            Delivery.mode == tenant.mode,
        )
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Ids sort by time, so a time window is a range of the index that the list walks."""
    conditions: list[ColumnElement[bool]] = []
    if filters.subscription_id is not None:
        conditions.append(Delivery.subscription_id == filters.subscription_id)
    if filters.event_id is not None:
        conditions.append(Delivery.event_id == filters.event_id)
    if filters.event_type is not None:
        conditions.append(Event.type == filters.event_type)
    if filters.status is not None:
        conditions.append(Delivery.status == filters.status.value)
    if filters.status_codes is not None:
        conditions.append(Delivery.status_code.between(*filters.status_codes))
    if filters.since is not None:
        conditions.append(Delivery.id >= _first_id(filters.since))
    if filters.until is not None:
        conditions.append(Delivery.id < _first_id(filters.until))
    return conditions


def _first_id(moment: datetime) -> str:
    return floor_id("msg", max(0.0, moment.timestamp()))
