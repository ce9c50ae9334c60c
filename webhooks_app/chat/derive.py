"""From a message, or from silence, to the events that follow (seed 004, Inqyra). Pure.

Messages may arrive late and in any order: the result depends on when they were written (`at`), not
on when they arrived. The exception is `conversation.ended`, which depends on arrival.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec.structs import replace as with_

from webhooks_app.chat import payloads
from webhooks_app.chat.contacts import Contact
from webhooks_app.chat.listening import Findings
from webhooks_app.chat.payloads import ConversationRef
from webhooks_app.chat.state import Derived, Message, Notes, Speaker, State
from webhooks_app.lib.times import rfc3339

IDLE = timedelta(minutes=30)
QUESTIONS_KEPT = 5
EARLY_KEPT = 20
MOST_CONTACTS = 50

STARTED = "conversation.started"
ENDED = "conversation.ended"
RECEIVED = "message.received"
LEAD = "lead.captured"

Step = tuple[State, list[Derived]]


def hear(
    place: ConversationRef, state: State, said: Message, noticed: Findings, now: datetime
) -> Step:
    """The state after a new message, and the events that follow from it.

    `noticed` is what was found in a visitor's text. A time in the future means a wrong clock and
    counts as `now`.
    """
    said = with_(said, at=min(said.at, now))
    is_late = state.ended_at is not None and said.at <= state.ended_at
    state = _awake(_counted(state, said), is_late, now)
    if said.speaker is Speaker.ASSISTANT:
        return _heard_assistant(place, state, said)
    if said.speaker is Speaker.AGENT:
        return state, []
    derived: list[Derived] = []
    if state.visitor_messages == 1:
        derived.append(Derived(STARTED, (), said.at, payloads.started(place, state)))
    for follow in (_leads, _requests, _answers):
        state, more = follow(place, state, said, noticed, is_late)
        derived += more
    return state, derived


def end(place: ConversationRef, state: State, now: datetime) -> tuple[State, Derived] | None:
    """The end of a conversation in which nobody has written for long enough, or None."""
    at = state.ends_at
    if at is None or at > now:
        return None
    data = payloads.ended(place, state, at)
    return replace(state, ended_at=at, ends_at=None), Derived(ENDED, (rfc3339(at),), at, data)


def _counted(state: State, said: Message) -> State:
    by_visitor = said.speaker is Speaker.VISITOR
    return replace(
        state,
        first_message_at=min(state.first_message_at or said.at, said.at),
        last_message_at=max(state.last_message_at or said.at, said.at),
        visitor_messages=state.visitor_messages + by_visitor,
        assistant_messages=state.assistant_messages + (said.speaker is Speaker.ASSISTANT),
        agent_messages=state.agent_messages + (said.speaker is Speaker.AGENT),
        started_at=min(state.started_at or said.at, said.at) if by_visitor else state.started_at,
    )


def _awake(state: State, is_late: bool, now: datetime) -> State:
    """Reopen the conversation, unless the message was written before its end."""
    goes_on = state.ends_at is not None
    if state.started_at is None or (is_late and not goes_on):
        return state
    notes = state.notes
    if state.ended_at is not None and not goes_on:
        notes = with_(notes, asked=(), asked_before=notes.asked)
    return replace(state, ends_at=max(state.ends_at or now, now + IDLE), notes=notes)


def _heard_assistant(place: ConversationRef, state: State, said: Message) -> Step:
    """An answer. Before the visitor has written anything it is a greeting, for now."""
    if state.started_at is not None and state.started_at <= said.at:
        return state, [_received(place, state.notes, said)]
    early = _in_order((*state.notes.early, said))[-EARLY_KEPT:]
    return replace(state, notes=with_(state.notes, early=early)), []


def _answers(
    place: ConversationRef, state: State, said: Message, _noticed: Findings, _is_late: bool
) -> Step:
    """Answers that arrived before the visitor's message that they answer."""
    notes = with_(
        state.notes,
        questions=_in_order((*state.notes.questions, said))[-QUESTIONS_KEPT:],
        early=tuple(one for one in state.notes.early if one.at < said.at),
    )
    derived = [_received(place, notes, one) for one in state.notes.early if one.at >= said.at]
    return replace(state, notes=notes), derived


def _received(place: ConversationRef, notes: Notes, answer: Message) -> Derived:
    """The answer with the visitor's last message before it, among those kept."""
    before = [one for one in notes.questions if one.at <= answer.at]
    question = before[-1] if before else notes.questions[0]
    data = payloads.received(place, question, answer)
    return Derived(RECEIVED, (answer.id,), answer.at, data)


def _leads(
    place: ConversationRef, state: State, said: Message, noticed: Findings, _is_late: bool
) -> Step:
    """One event for all details that are new in a message."""
    known = {*state.notes.emails, *state.notes.phones}
    new = [one for one in noticed.contacts if one.value not in known][: MOST_CONTACTS - len(known)]
    if not new:
        return state, []
    notes = with_(
        state.notes,
        emails=(*state.notes.emails, *_values(new, "email")),
        phones=(*state.notes.phones, *_values(new, "phone")),
    )
    keys = tuple(one.value for one in new)
    lead = Derived(LEAD, keys, said.at, payloads.lead(place, said, notes, new))
    return replace(state, notes=notes), [lead]


def _requests(
    place: ConversationRef, state: State, said: Message, noticed: Findings, is_late: bool
) -> Step:
    """The requests in a message, each kind once until the conversation ends.

    A late message counts for the time when it was written.
    """
    notes = state.notes
    resumed = is_late and state.ends_at is not None
    before = notes.asked_before if resumed else notes.asked
    new = [type_ for type_ in noticed.requests if type_ not in before]
    asked = (*before, *new)
    notes = with_(notes, asked_before=asked) if resumed else with_(notes, asked=asked)
    data = payloads.request(place, said, notes)
    return replace(state, notes=notes), [Derived(type_, (), said.at, data) for type_ in new]


def _values(contacts: Sequence[Contact], kind: str) -> tuple[str, ...]:
    return tuple(one.value for one in contacts if one.kind == kind)


def _in_order(said: Sequence[Message]) -> tuple[Message, ...]:
    return tuple(sorted(said, key=lambda one: (one.at, one.id)))
