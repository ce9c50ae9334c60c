"""Test deliveries: a sample or one's own data, through the real pipeline to the saved URL."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.catalogue import EventType, chat, workspace
from webhooks_app.catalogue.system import DIGEST, PING
from webhooks_app.database import clock
from webhooks_app.deliveries.log import START, Logged
from webhooks_app.digests import service as digests
from webhooks_app.events.fields import faults_of_data
from webhooks_app.events.type_registry import find_type, subscribable_types
from webhooks_app.lib import json_text
from webhooks_app.lib.errors import Conflict, NotFound, TooOften
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.rate import Rates
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import Candidate
from webhooks_app.matching.rows import EVENT_COLUMNS, delivery_rows, event_row
from webhooks_app.matching.type_patterns import asks_for, fits, is_pattern
from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.organisations import daily_limits
from webhooks_app.parts import parts
from webhooks_app.subscriptions import stored
from webhooks_app.subscriptions.spec import Scope
from webhooks_app.vocabulary import ChannelName, EventOrigin, Trigger

# Own data of an organisation: without a limit, tests would be a way around the plan's events.
OWN_DATA = "30 per minute"
# A sample's subject if the subscription has no scope: the documents of Pivra and Pollybot always
# show a chatbot's id.
SUBJECTS = {
    chat.GROUP: ("chatbot", "bot_sample"),
    workspace.GROUP: ("room", workspace.ROOM),
}


def send_test(
    session: Session,
    tenant: Tenant,
    subscription: Subscription,
    name: str | None = None,
    data: str | None = None,
    subject: tuple[str, str] | None = None,
) -> Logged:
    """Send the sample of event type `name`, or of the subscription's first; committed and due.

    `data` is a JSON text to send instead of the sample, about `subject`, a pair of type and id. A
    digest is sent as it was last due. It goes only to this subscription, whatever its scope and
    conditions. Raises `Invalid` for an unknown type or wrong data, `Conflict` if the subscription
    is off, paused, or cannot be read, `TooOften` if too much own data was sent within a minute, and
    `DailyLimit` if too many mails were sent this way today.
    """
    if not subscription.enabled:
        noun = subscription.kind
        raise Conflict(f"This {noun} is off. Switch it on to send a test.")
    if subscription.is_paused:
        raise Conflict(f"This {subscription.kind} is paused. Resume it to send a test.")
    scope, sends_digest = stored.of(subscription).scope, is_digest(subscription, name)
    if data is not None and (faults := list(_faults(data, sends_digest))):
        raise Invalid(*faults)
    if not sends_digest:
        kind = name or _first_type(session, subscription)
        sample = _sample(session, subscription.organisation_id, kind, scope, data)
        sample = replace(sample, subject=subject or sample.subject)
    if data is not None:
        _count_own(tenant.organisation_id)
    if subscription.channel == ChannelName.EMAIL:
        daily_limits.spend(session, tenant.organisation_id, daily_limits.MAIL_TESTS)
    if sends_digest:
        sample = digests.last_digest(session, subscription, utcnow())
    origin = EventOrigin.PING if sample.type == PING else EventOrigin.TEST
    now = clock(session.connection())
    event_values = event_row(tenant, sample, 1, now, origin)
    event = Event(**dict(zip(EVENT_COLUMNS, event_values, strict=True)))
    (delivery_values,) = delivery_rows(
        tenant, event.id, [Candidate.of(subscription)], now, Trigger.TEST
    )
    session.add(event)
    session.flush()
    enqueue(session.connection(), [delivery_values])
    delivery = session.get_one(Delivery, delivery_values[0])
    session.commit()
    queue.nudge()
    return Logged(delivery, event, event.data[:START], subscription.name)


def is_digest(subscription: Subscription, name: str | None = None) -> bool:
    """Whether a test sends a digest, which is made from what happened."""
    return subscription.is_digest and name in (None, DIGEST)


def types_of(subscription: Subscription, known: Mapping[str, EventType]) -> Mapping[str, EventType]:
    """Those of the `known` types that it asks for, in the order in which it does."""
    asked = stored.of(subscription).event_types
    named = {name: known[name] for name in asked if name in known}
    return named | {name: kind for name, kind in known.items() if asks_for(asked, name)}


def _first_type(session: Session, subscription: Subscription) -> str:
    """The first type that it asks for; for a pattern, the first type that matches."""
    asked: str = subscription.event_types[0]
    if not is_pattern(asked):
        return asked
    known = subscribable_types(session, subscription.organisation_id)
    return next((name for name in known if fits(asked, name)), asked)


def _faults(data: str, sends_digest: bool) -> Iterator[Fault]:
    if sends_digest:
        yield Fault("#/data", "A digest is made from what happened, so it takes no data.")
        return
    for fault in faults_of_data(data.encode(errors="surrogatepass")):
        yield replace(fault, status=422)


def _count_own(organisation_id: str) -> None:
    rates: Rates = parts().rates
    allowance = rates.count(OWN_DATA, "tests", organisation_id)
    if allowance.exceeded:
        seconds = allowance.seconds_left
        raise TooOften(
            f"An organisation can send {allowance.amount} tests with data of its own a minute. "
            f"Try again in {seconds} s.",
            seconds,
        )


def _sample(
    session: Session, organisation_id: str, name: str, scope: Scope | None, data: str | None
) -> Incoming:
    try:
        kind = find_type(session, organisation_id, name)
    except NotFound as error:
        detail = f"There is no event type called {name[:100]!r}."
        raise Invalid(Fault("#/event_type", detail)) from error
    if data is not None and kind.is_system and kind.name != PING:
        detail = f"{kind.name} is reserved: the product makes its data."
        raise Invalid(Fault("#/event_type", detail))
    return Incoming(
        type=kind.name,
        data=json_text.write(kind.sample) if data is None else data,
        occurred_at=utcnow(),
        subject=(scope.type, scope.id) if scope else SUBJECTS.get(kind.group),
    )
