"""What follows from messages, in any order and at any pace."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.chat.contacts import contacts_in
from webhooks_app.chat.derive import EARLY_KEPT, IDLE, end, hear
from webhooks_app.chat.listening import Findings, ListeningRules
from webhooks_app.chat.payloads import ConversationRef
from webhooks_app.chat.state import Derived, Message, Speaker, State
from webhooks_app.matching.budget import PER_EVENT

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
PLACE = ConversationRef("conv_1", "lead_1")
VISITOR, ASSISTANT, AGENT = Speaker
TEXTS = (
    "Hello",
    "I am ada@example.com",
    "ADA@example.com or +46 70 123 45 67",
    "bob@example.com, and can I talk to a person?",
    "I would like to book a demo",
    "",
)


def said(speaker: Speaker, text: str = "Hello", at: float = 0, id_: str | None = None) -> Message:
    """`at` in minutes after `NOW`."""
    moment = NOW + timedelta(minutes=at)
    return Message(id_ or f"{speaker}-{at}-{text}", speaker, text, moment)


def heard(
    *messages: Message, state: State | None = None, now: datetime | None = None
) -> tuple[State, list[Derived]]:
    """The state after all of them; each arrives when it was written, or at `now`."""
    state, derived = state or State(), []
    for one in messages:
        state, more = hear(PLACE, state, one, noticed(one), now or one.at)
        derived += more
    return state, derived


def noticed(one: Message) -> Findings:
    if one.speaker is not VISITOR:
        return Findings()
    [requests] = ListeningRules().requests_in([one.text], PER_EVENT)
    return Findings(contacts_in(one.text, None), requests.types)


def types(derived: Sequence[Derived]) -> list[str]:
    return [one.type for one in derived]


def ended(state: State, at: datetime) -> tuple[State, Derived]:
    found = end(PLACE, state, at)
    assert found is not None
    return found


def test_a_visitors_first_message_starts_a_conversation() -> None:
    state, derived = heard(said(VISITOR), said(VISITOR, at=1))
    assert types(derived) == ["conversation.started"]
    assert derived[0].occurred_at == NOW
    assert derived[0].data == {
        "id": "conv_1",
        "started_at": "2026-03-02T10:00:00.000Z",
        "message_count": 1,
    }
    assert state.visitor_messages == 2


@pytest.mark.parametrize("speaker", [ASSISTANT, AGENT])
def test_a_greeting_starts_nothing_and_nothing_ends(speaker: Speaker) -> None:
    state, derived = heard(said(speaker))
    assert derived == []
    assert end(PLACE, state, NOW + timedelta(days=1)) is None


def test_an_answer_carries_both_texts() -> None:
    _, derived = heard(
        said(VISITOR, "Do you deliver?", id_="m1"), said(ASSISTANT, "We do.", 1, "m2")
    )
    assert types(derived) == ["conversation.started", "message.received"]
    assert derived[1].data == {
        "id": "m1",
        "conversation_id": "conv_1",
        "role": "visitor",
        "text": "Do you deliver?",
        "at": "2026-03-02T10:00:00.000Z",
        "reply": "We do.",
        "reply_id": "m2",
        "reply_at": "2026-03-02T10:01:00.000Z",
    }


def test_an_agent_does_not_answer_as_the_ai() -> None:
    assert types(heard(said(VISITOR), said(AGENT, at=1))[1]) == ["conversation.started"]


def test_an_answer_that_comes_before_its_question_waits_for_it() -> None:
    state, derived = heard(said(ASSISTANT, "We do.", 1, "m2"))
    assert derived == []
    _, derived = heard(said(VISITOR, "Do you deliver?", 0, "m1"), state=state)
    assert types(derived) == ["conversation.started", "message.received"]
    assert (derived[1].data["text"], derived[1].data["reply"]) == ("Do you deliver?", "We do.")


def test_a_late_answer_finds_the_question_of_its_time() -> None:
    questions = [said(VISITOR, f"Question {n}", n) for n in range(3)]
    _, derived = heard(*questions, said(ASSISTANT, "One", 1.5))
    assert derived[-1].data["text"] == "Question 1"


def test_a_greeting_before_the_visitor_wrote_is_no_answer() -> None:
    _, derived = heard(said(ASSISTANT, "Hi!", 0), said(VISITOR, at=1), said(ASSISTANT, at=2))
    assert types(derived) == ["conversation.started", "message.received"]
    assert derived[1].data["reply_at"] == "2026-03-02T10:02:00.000Z"


def test_a_new_detail_is_captured_once() -> None:
    state, derived = heard(said(VISITOR, "ada@example.com"), said(VISITOR, "ADA@Example.com!", 1))
    assert types(derived) == ["conversation.started", "lead.captured"]
    assert derived[1].keys == ("ada@example.com",)
    _, derived = heard(said(VISITOR, "or +46 70 123 45 67", 2), state=state)
    [lead] = derived
    assert lead.data == {
        "id": "lead_1",
        "email": "ada@example.com",
        "phone": "+46 70 123 45 67",
        "message": "or +46 70 123 45 67",
        "source": "chat",
        "status": "NEW",
        "conversation_id": "conv_1",
        "captured": ["+46 70 123 45 67"],
    }


def test_several_new_details_of_a_message_are_one_lead() -> None:
    _, derived = heard(said(VISITOR, "ada@example.com, +46 70 123 45 67"))
    assert types(derived) == ["conversation.started", "lead.captured"]
    assert derived[1].keys == ("ada@example.com", "+46701234567")


@pytest.mark.parametrize("speaker", [ASSISTANT, AGENT])
def test_what_others_write_is_no_lead_and_no_request(speaker: Speaker) -> None:
    text = "Write to help@example.com, or do you want to talk to a person or book a demo?"
    assert types(heard(said(VISITOR), said(speaker, text, 0))[1])[1:] in (["message.received"], [])


def test_a_request_comes_once_until_the_conversation_ends() -> None:
    text = "I want to talk to a human, and book an appointment. ada@example.com"
    state, derived = heard(said(VISITOR, text), said(VISITOR, text, 1))
    assert types(derived) == [
        "conversation.started",
        "lead.captured",
        "escalation.requested",
        "appointment.requested",
    ]
    assert derived[2].data["visitor"] == {"email": "ada@example.com"}
    state, _ = ended(state, NOW + timedelta(hours=1))
    _, derived = heard(said(VISITOR, text, 120), state=state)
    assert types(derived) == ["escalation.requested", "appointment.requested"]


def test_it_ends_after_half_an_hour_in_which_nobody_wrote() -> None:
    state, _ = heard(said(VISITOR), said(AGENT, at=10))
    last = NOW + timedelta(minutes=10)
    assert end(PLACE, state, last + IDLE - timedelta(seconds=1)) is None
    state, derived = ended(state, last + timedelta(hours=5))
    assert derived.type == "conversation.ended"
    assert derived.occurred_at == last + IDLE
    assert derived.data == {
        "id": "conv_1",
        "started_at": "2026-03-02T10:00:00.000Z",
        "message_count": 2,
        "ended_at": "2026-03-02T10:40:00.000Z",
    }
    assert end(PLACE, state, last + timedelta(days=9)) is None


def test_whoever_writes_after_the_end_goes_on_with_it_and_it_ends_again() -> None:
    state, _ = ended(heard(said(VISITOR))[0], NOW + IDLE)
    state, derived = heard(said(AGENT, at=60), state=state)
    assert derived == []
    _, derived_end = ended(state, NOW + timedelta(minutes=90))
    assert derived_end.data["message_count"] == 2
    state, derived = heard(said(VISITOR, at=61), state=state)
    assert derived == []


def test_what_was_written_before_the_end_and_comes_after_it_counts_and_wakes_nobody() -> None:
    state, _ = ended(heard(said(VISITOR))[0], NOW + IDLE)
    late = said(VISITOR, "ada@example.com. Can I speak to someone?", 5)
    state, derived = heard(late, state=state, now=NOW + timedelta(hours=3))
    assert types(derived) == ["lead.captured", "escalation.requested"]
    assert state.visitor_messages == 2
    assert end(PLACE, state, NOW + timedelta(days=1)) is None
    state, derived = heard(said(VISITOR, "Can I speak to someone?", 200), state=state)
    assert types(derived) == ["escalation.requested"]
    state, derived = heard(
        said(VISITOR, "May I talk to somebody?", 6), state=state, now=NOW + timedelta(hours=4)
    )
    assert derived == []


def test_silence_is_measured_by_our_clock() -> None:
    """A platform whose messages are queued for hours, or whose clock is wrong, ends nothing."""
    state, _ = heard(said(VISITOR, at=-600), said(VISITOR, at=600), now=NOW)
    assert state.ends_at == NOW + IDLE
    state, _ = heard(said(VISITOR, at=-601), state=state, now=NOW - timedelta(minutes=1))
    assert state.ends_at == NOW + IDLE


def test_a_moment_in_the_future_counts_as_now() -> None:
    """Otherwise an answer by a correct clock would always come before its question."""
    state, derived = heard(said(VISITOR, at=600), now=NOW)
    assert derived[0].occurred_at == NOW
    assert types(heard(said(ASSISTANT, at=1), state=state)[1]) == ["message.received"]


messages = st.lists(
    st.tuples(st.sampled_from(Speaker), st.sampled_from(TEXTS), st.integers(0, 25)),
    max_size=EARLY_KEPT,
).map(lambda rows: [Message(f"m{n}", s, t, said(s, t, at).at) for n, (s, t, at) in enumerate(rows)])


def keys(derived: Sequence[Derived]) -> list[tuple[str, str]]:
    """Each detail of a lead, since one message may have several."""
    return sorted((one.type, key) for one in derived for key in one.keys or ("",))


@given(messages, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(messages: list[Message], chance: Any) -> None:
    shuffled = list(messages)
    chance.shuffle(shuffled)
    now = NOW + timedelta(minutes=25)
    state, derived = heard(*messages, now=now)
    other_state, other_derived = heard(*shuffled, now=now)
    assert keys(derived) == keys(other_derived)
    assert len(set(keys(derived))) == len(keys(derived))
    assert state.started_at == other_state.started_at
    assert (state.ends_at, state.messages) == (other_state.ends_at, other_state.messages)
    assert state.notes.questions == other_state.notes.questions


@given(messages, messages, st.randoms(use_true_random=False))
def test_the_order_does_not_matter_around_an_end_either(
    first: list[Message], late: list[Message], chance: Any
) -> None:
    """After an end, messages from before and after it arrive in any order."""
    first = [said(VISITOR), *first]
    now = NOW + timedelta(minutes=25)
    state, _ = ended(heard(*first, now=now)[0], now + IDLE)
    fresh = [
        Message(f"f{n}", one.speaker, one.text, one.at + timedelta(hours=2))
        for n, one in enumerate(late[::2])
    ]
    then = [*late[1::2], *fresh]
    shuffled = list(then)
    chance.shuffle(shuffled)
    now = NOW + timedelta(hours=3)
    after, derived = heard(*then, state=state, now=now)
    other_after, other_derived = heard(*shuffled, state=state, now=now)
    assert keys(derived) == keys(other_derived)
    assert "conversation.started" not in types(derived)
    assert after.ends_at == other_after.ends_at
    assert (after.ends_at is not None) == bool(fresh)
