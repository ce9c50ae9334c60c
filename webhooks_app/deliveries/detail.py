"""What there is to read about one delivery."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.webhook.formats import EventView, wire_format
from webhooks_app.deliveries.filters import of_event
from webhooks_app.deliveries.log import Logged
from webhooks_app.lib.errors import NotFound
from webhooks_app.mail.about import MailAction, read_about
from webhooks_app.mail.compose import MailContext, compose
from webhooks_app.models import Attempt, Delivery, Event, Subscription

MOST_SENT = 20  # of one event, the latest that are shown


def attempts_of(session: Session, delivery: Delivery) -> Sequence[Attempt]:
    """In the order in which they were made."""
    return session.scalars(_attempts_of(delivery)).all()


def timings_of(session: Session, delivery: Delivery) -> Sequence[Attempt]:
    """The same, without what they sent and what came back, which may be large."""
    heavy = (Attempt.request_headers, Attempt.response_headers, Attempt.response_body)
    return session.scalars(_attempts_of(delivery).options(*map(defer, heavy))).all()


def attempt_of(session: Session, delivery: Delivery, number: int) -> Attempt:
    """Raises `NotFound`."""
    attempt = session.scalar(_attempts_of(delivery).where(Attempt.number == number))
    if attempt is None:
        raise NotFound
    return attempt


def _attempts_of(delivery: Delivery) -> Select[Attempt]:
    return select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.number)


def sent_of(session: Session, delivery: Delivery) -> Sequence[Delivery]:
    """Each time this event was sent to this subscription, by itself or by a replay, oldest first;
    `MOST_SENT` of the latest."""
    newest = (
        select(Delivery)
        .where(
            of_event(delivery.event_id),
            Delivery.subscription_id == delivery.subscription_id,
        )
        .order_by(Delivery.id.desc())
        .limit(MOST_SENT)
    )
    return session.scalars(newest).all()[::-1]


def subscription_of(session: Session, delivery: Delivery) -> Subscription:
    """The subscription, even a deleted one."""
    return session.get_one(Subscription, delivery.subscription_id)


def mail_text(
    session: Session, logged: Logged, subscription: Subscription, desk: MailContext
) -> str:
    """The text of this delivery's mail as members get it, without a link to unsubscribe."""
    delivery, event = logged.delivery, logged.event
    claimed = Claimed(
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
        number=1,
        failures=0,
        lost=False,
        revision=subscription.revision,
        wire_format=delivery.wire_format,
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.occurred_at,
        organisation_id=event.organisation_id,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        data=event.data,
    )
    action = MailAction.of(subscription.id, subscription)
    about = read_about(session.connection(), action, claimed)
    everybody = frozenset(one.lower() for one in action.to)
    about = replace(about, members=everybody, unconfirmed=frozenset())
    return "".join(letter.text for letter in compose(action, claimed, about, desk)[:1])


def request_body(delivery: Delivery, event: Event) -> str:
    """The body that every try of this delivery sends."""
    view = EventView(
        id=event.id,
        type=event.type,
        occurred_at=event.occurred_at,
        organisation_id=event.organisation_id,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        data=event.data.encode(),
    )
    return wire_format(delivery.wire_format).envelope(view).decode()
