"""Erase the data of an event, and all that Hookline made of it. The lines of the log stay."""

import re
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import Select, Table, select, update
from sqlalchemy.orm import Session

from webhooks_app.catalogue.system import DIGEST
from webhooks_app.deliveries.filters import of_event
from webhooks_app.digests.content import lead_of
from webhooks_app.engine.adoption import adopt
from webhooks_app.engine.record import NO_ANSWER
from webhooks_app.engine.switching_off import BATCH, cancel
from webhooks_app.lib import json_text
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Attempt,
    Delivery,
    Digest,
    Event,
    Inbox,
    InboxRequest,
    ObjectState,
    Queued,
    Subscription,
)
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.vocabulary import OPEN

NOTHING = "{}"
CANCELLED = "Cancelled: the data of its event was erased."
DELIVERY_ID = re.compile(r"\bmsg_[0-9a-v]{26}\b")
ATTEMPTS = cast(Table, Attempt.__table__)
UNSYNCED = {"synchronize_session": False}


def erase(session: Session, event: Event) -> None:
    """Erase it, committed. What waits is cancelled, and none of it can be sent again.

    An erased one does not change. Raises `Conflict` while one of its deliveries is being sent,
    since the answer to that is not stored yet.
    """
    locked = select(Event).where(Event.id == event.id).with_for_update()
    event = session.scalars(locked, execution_options={"populate_existing": True}).one()
    if event.erased_at is not None:
        return
    adopt(session.connection(), of_event(event.id))
    theirs = Queued.delivery_id.in_(_deliveries(event))
    while cancel(session.connection(), theirs, why=CANCELLED) == BATCH:
        pass
    if session.scalar(_deliveries(event).where(Delivery.status.in_(OPEN))):
        session.rollback()
        raise Conflict("A delivery of this event is being sent right now. Try again in a moment.")
    _blank_answers(session, event)
    _blank_state(session, event)
    _blank_received(session, event)
    _leave_out_of_digests(session, event)
    event.data, event.changed, event.erased_at = NOTHING, None, utcnow()
    record(
        session,
        "event.erased",
        Target(event.organisation_id, event.id, event.type, event.mode),
    )
    session.commit()


def _deliveries(event: Event) -> Select[str]:
    return select(Delivery.id).where(of_event(event.id))


def _blank_answers(session: Session, event: Event) -> None:
    """Erase the answers of receivers, which may repeat the data."""
    theirs = ATTEMPTS.c.delivery_id.in_(_deliveries(event))
    session.execute(update(ATTEMPTS).where(theirs).values(**NO_ANSWER))


def _blank_state(session: Session, event: Event) -> None:
    """Erase the last state of its object. The next event about it is then compared with nothing."""
    session.execute(
        update(ObjectState)
        .where(ObjectState.in_tenant(_tenant(event)), ObjectState.event_id == event.id)
        .values(data=None, event_id=None, occurred_at=None)
        .execution_options(**UNSYNCED)
    )


def _blank_received(session: Session, event: Event) -> None:
    """Erase what the organisation's test receivers keep of it."""
    ids = set(session.scalars(_deliveries(event)))
    inboxes = select(Inbox.id).where(Inbox.in_organisation(event.organisation_id))
    requests = select(InboxRequest.id, InboxRequest.headers).where(
        InboxRequest.inbox_id.in_(inboxes)
    )
    theirs = [
        row.id for row in session.execute(requests) if ids & set(DELIVERY_ID.findall(row.headers))
    ]
    session.execute(
        update(InboxRequest)
        .where(InboxRequest.id.in_(theirs))
        .values(body=b"")
        .execution_options(**UNSYNCED)
    )


def _leave_out_of_digests(session: Session, event: Event) -> None:
    """Erase it from digests, which list leads."""
    lead = lead_of(event.data, event.occurred_at)
    for digest in session.scalars(_digests_over(event, event.created_at)):
        data = json_text.read_as(dict[str, object], digest.data) or {}
        leads = data.get("recent_leads")
        if isinstance(leads, list) and lead in leads:
            kept = [one for one in leads if one != lead]
            digest.data = msgspec.json.encode({**data, "recent_leads": kept}).decode()


def _digests_over(event: Event, moment: datetime) -> Select[Event]:
    windows = (
        select(Digest.event_id)
        .join(Subscription, Subscription.id == Digest.subscription_id)
        .where(
            Subscription.in_tenant(_tenant(event)),
            Digest.window_start <= moment,
            Digest.window_end >= moment,
        )
    )
    return select(Event).where(Event.id.in_(windows), Event.type == DIGEST)


def _tenant(event: Event) -> Tenant:
    return Tenant(event.organisation_id, event.mode)
