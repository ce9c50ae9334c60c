"""The `data` of derived events, in the shapes of the catalogue (`catalogue.chat`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webhooks_app.chat.contacts import Contact, shown_phone
from webhooks_app.chat.state import Message, Notes, State
from webhooks_app.lib.times import rfc3339

Data = dict[str, object]


@dataclass(frozen=True, slots=True)
class ConversationRef:
    """Which conversation it is: the platform's id and the lead's id."""

    conversation_id: str
    lead_id: str


def started(place: ConversationRef, state: State) -> Data:
    assert state.started_at is not None
    return {
        "id": place.conversation_id,
        "started_at": rfc3339(state.started_at),
        "message_count": state.messages,
    }


def ended(place: ConversationRef, state: State, at: datetime) -> Data:
    return started(place, state) | {"ended_at": rfc3339(at)}


def received(place: ConversationRef, question: Message, answer: Message) -> Data:
    return {
        "id": question.id,
        "conversation_id": place.conversation_id,
        "role": question.speaker.value,
        "text": question.text,
        "at": rfc3339(question.at),
        "reply": answer.text,
        "reply_id": answer.id,
        "reply_at": rfc3339(answer.at),
    }


def lead(place: ConversationRef, said: Message, notes: Notes, new: Sequence[Contact]) -> Data:
    return {
        "id": place.lead_id,
        **_reachable(notes, new),
        "message": said.text,
        "source": "chat",
        "status": "NEW",
        "conversation_id": place.conversation_id,
        "captured": [one.shown for one in new],
    }


def request(place: ConversationRef, said: Message, notes: Notes) -> Data:
    return {
        "conversation_id": place.conversation_id,
        "text": said.text,
        "at": rfc3339(said.at),
        "visitor": _reachable(notes),
    }


def _reachable(notes: Notes, new: Sequence[Contact] = ()) -> Data:
    """How to reach the visitor: a new detail, otherwise the last one given."""
    emails = [one.shown for one in new if one.kind == "email"] or notes.emails[-1:]
    phones = [one.shown for one in new if one.kind == "phone"] or [
        shown_phone(value) for value in notes.phones[-1:]
    ]
    return {
        **({"email": emails[0]} if emails else {}),
        **({"phone": phones[0]} if phones else {}),
    }
