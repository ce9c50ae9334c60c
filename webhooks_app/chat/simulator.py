"""Conversations that people act out to see what follows: real events in the current mode."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.chat import idle
from webhooks_app.chat import service as chat
from webhooks_app.chat.service import ReportedMessage, Speaker
from webhooks_app.database import clock_of
from webhooks_app.events.subjects import subject_id_faults
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ChatMessage, Conversation, Delivery, Subject, Subscription
from webhooks_app.vocabulary import DeliveryStatus, Trigger

LISTED = 20
SHOWN = 200
UNDER_WAY = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


class Sent(NamedTuple):
    delivery: Delivery
    subscription_name: str


@dataclass(frozen=True, slots=True)
class Followed:
    """An event and its deliveries."""

    event_id: str
    type: str
    sent: Sequence[Sent]


class ChatLine(NamedTuple):
    message: ChatMessage
    events: Sequence[Followed]

    @property
    def is_silence(self) -> bool:
        return self.message.role == idle.SILENCE


@dataclass(frozen=True, slots=True)
class Played:
    conversation: Conversation
    lines: Sequence[ChatLine]

    @property
    def is_under_way(self) -> bool:
        """Whether something is still being sent."""
        sent = (one for line in self.lines for event in line.events for one in event.sent)
        return any(one.delivery.status in UNDER_WAY for one in sent)


def begin(session: Session, tenant: Tenant, chatbot_id: str, role: str, text: str) -> str:
    """A new conversation with a first message, committed: its id. Raises `Invalid`."""
    faults = [Fault("#/chatbot_id", fault.detail) for fault in subject_id_faults(chatbot_id)]
    try:
        message = _message(new_id("sim"), role, text)
    except Invalid as error:
        raise Invalid(*faults, *error.faults) from error
    if faults:
        raise Invalid(*faults)
    _hear(session, tenant, chatbot_id, message)
    named = Conversation.conversation_id == message.conversation_id
    return session.scalars(_simulated(tenant).where(named)).one().id


def say(session: Session, tenant: Tenant, conversation: Conversation, role: str, text: str) -> None:
    """Another message, committed. Raises `Invalid`."""
    message = _message(conversation.conversation_id, role, text)
    _hear(session, tenant, conversation.chatbot_id, message)
    session.refresh(conversation)


def let_time_pass(session: Session, conversation: Conversation) -> None:
    """End the conversation as if nobody had written for half an hour.

    Raises `Conflict` when it has already ended or has not begun.
    """
    session.commit()
    events = idle.end_now(db.engine, conversation.id, utcnow())
    if not events:
        raise Conflict("This conversation is not active. Send a visitor message first.")
    if any(event.plans_deliveries for event in events):
        queue.nudge()
    session.refresh(conversation)


def find(session: Session, tenant: Tenant, id_: str) -> Conversation:
    """Find a simulated conversation.

    Raises `NotFound`, also for another organisation's and for real ones.
    """
    row = session.scalar(_simulated(tenant).where(Conversation.id == id_))
    if row is None:
        raise NotFound
    return row


def newest(session: Session, tenant: Tenant) -> Sequence[Conversation]:
    query = _simulated(tenant).order_by(Conversation.id.desc()).limit(LISTED)
    return session.scalars(query).all()


def chatbots(session: Session, organisation_id: str) -> Mapping[str, str]:
    """The names of chatbots, by id."""
    query = Subject.of_organisation(organisation_id).where(Subject.type == "chatbot")
    return {row.id: row.name for row in session.scalars(query.order_by(Subject.name))}


def play(session: Session, conversation: Conversation) -> Played:
    """The newest messages, oldest first, with what followed from each."""
    query = select(ChatMessage).where(ChatMessage.conversation == conversation.id)
    messages = session.scalars(query.order_by(ChatMessage.id.desc()).limit(SHOWN)).all()[::-1]
    sent = _sent(session, [id_ for one in messages for id_, _ in one.events])
    return Played(
        conversation,
        [
            ChatLine(one, [Followed(id_, type_, sent[id_]) for id_, type_ in one.events])
            for one in messages
        ],
    )


def _sent(session: Session, event_ids: Iterable[str]) -> Mapping[str, Sequence[Sent]]:
    query = (
        select(Delivery, Subscription.name)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .where(Delivery.event_id.in_(list(event_ids)), Delivery.trigger == Trigger.EVENT.value)
        .order_by(Subscription.name)
    )
    found: dict[str, list[Sent]] = defaultdict(list)
    for row in session.execute(query):
        found[row[0].event_id].append(Sent(*row))
    return found


def _simulated(tenant: Tenant) -> Select[Conversation]:
    return Conversation.of(tenant).where(Conversation.simulated)


def _hear(session: Session, tenant: Tenant, chatbot_id: str, message: ReportedMessage) -> None:
    """End the current read transaction: on SQLite, `report` must be the only writer."""
    session.commit()
    chat.hear(tenant, chatbot_id, [message], clock_of(db.engine), simulated=True)


def _message(conversation_id: str, role: str, text: str) -> ReportedMessage:
    """The message, checked. Raises `Invalid` at `#/text`."""
    # A form can contain NUL, a text column of PostgreSQL cannot. HTML replaces it the same way.
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if role not in list(Speaker):
        raise Invalid(Fault("#/text", "Choose who writes the message."))
    if not text.strip():
        raise Invalid(Fault("#/text", "Enter a message."))
    if faults := list(chat.text_faults(text)):
        raise Invalid(*(fault.below("text") for fault in faults))
    return ReportedMessage(conversation_id, Speaker(role), text, utcnow())
