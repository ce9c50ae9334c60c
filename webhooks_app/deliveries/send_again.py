"""Send one delivery again: retry it now while it waits, or replay it once it has ended."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.database import clock
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.deliveries.log import Logged
from webhooks_app.engine.adoption import DELIVERIES, adopt
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.ids import new_id
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.matching.rows import DELIVERY_COLUMNS
from webhooks_app.models import Delivery, Event, Queued, Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.vocabulary import OPEN, DeliveryStatus, Trigger


def send_again(session: Session, logged: Logged) -> Logged:
    """Send the same body again, committed and due.

    An ended delivery is replayed: a new delivery to the current URL. Another one keeps its id: it
    is retried now, or is already being sent, and nothing arrives twice. Raises `Conflict` when the
    action or webhook is deleted or off.
    """
    if logged.delivery.status in OPEN:
        retry_now(session, logged)
        return logged
    return _replay(session, logged)


def retry_now(session: Session, logged: Logged) -> bool:
    """Make the next attempt of a waiting delivery due now, committed.

    It counts as the next attempt, and the remaining retries follow as the policy says. False if the
    delivery does not wait: it has ended, or is being sent. Raises `Conflict` when the action or
    webhook is deleted, off or paused.
    """
    delivery = logged.delivery
    row = session.get_one(Subscription, delivery.subscription_id)
    _must_be_served(row)
    if row.is_paused:
        raise Conflict(f"The {row.kind} is paused. Resume it first.")
    waited = bring_forward(session, [delivery.id], clock(session.connection())) > 0
    if waited:
        record(session, "delivery.retried", target_of(logged), to=logged.subscription_name)
    session.commit()
    session.refresh(delivery)
    if waited:
        queue.nudge()
    return waited


def bring_forward(session: Session, delivery_ids: Sequence[str], now: datetime) -> int:
    """Make the waiting deliveries among these due now; returns how many there were."""
    adopt(session.connection(), DELIVERIES.c.id.in_(delivery_ids))
    due = case((Queued.due_at > now, now), else_=Queued.due_at)
    brought = session.scalars(
        update(Queued)
        .where(Queued.delivery_id.in_(delivery_ids), Queued.leased_until.is_(None))
        .values(due_at=due)
        .returning(Queued.delivery_id)
        .execution_options(synchronize_session=False)
    )
    return len(brought.all())


def hold_kept(session: Session, event_ids: Collection[str]) -> set[str]:
    """The events that are not erased.

    They are locked, so none is erased until the transaction ends.
    """
    force_index_scans(session.connection())
    kept = select(Event.id).where(Event.id.in_(sorted(event_ids)), Event.erased_at.is_(None))
    return set(session.scalars(kept.order_by(Event.id).with_for_update(read=True)))


def row_of_replay(before: Delivery, now: datetime) -> tuple[object, ...]:
    """A new delivery of the same body, in the order of `DELIVERY_COLUMNS`."""
    columns = {
        "id": new_id("msg"),
        "organisation_id": before.organisation_id,
        "mode": before.mode,
        "subscription_id": before.subscription_id,
        "event_id": before.event_id,
        # The replay of a test is also a test: it counts in no statistics.
        "trigger": (Trigger.TEST if before.trigger == Trigger.TEST else Trigger.REPLAY).value,
        "replay_of": before.id,
        "wire_format": before.wire_format,
        "status": DeliveryStatus.PENDING.value,
        "tries": 0,
        "failures": 0,
        "created_at": now,
    }
    return tuple(columns[name] for name in DELIVERY_COLUMNS)


def _replay(session: Session, logged: Logged) -> Logged:
    if not hold_kept(session, [logged.delivery.event_id]):
        raise Conflict("The data of this event was erased, so there is nothing to send.")
    _must_be_served(session.get_one(Subscription, logged.delivery.subscription_id))
    row = row_of_replay(logged.delivery, clock(session.connection()))
    enqueue(session.connection(), [row])
    again = session.get_one(Delivery, row[0])
    record(
        session,
        "delivery.replayed",
        target_of(logged),
        replay=again.id,
        to=logged.subscription_name,
    )
    session.commit()
    queue.nudge()
    return logged._replace(delivery=again, latency_ms=None)


def target_of(logged: Logged) -> Target:
    row = logged.delivery
    return Target(row.organisation_id, row.id, logged.event.type, row.mode)


def _must_be_served(row: Subscription) -> None:
    if row.deleted_at is not None:
        raise Conflict(f"The {row.kind} was deleted, so there is nowhere to send it.")
    if not row.enabled:
        raise Conflict(f"The {row.kind} is off. Switch it on first.")
