"""Messages in a real database: events, deliveries and state are stored together or not at all."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.chat.conftest import Say, events, types
from tests.support.slices import finish
from webhooks_app.chat.idle import end_idle
from webhooks_app.chat.repeats import ReportedMessage
from webhooks_app.chat.report import report
from webhooks_app.chat.state import Speaker
from webhooks_app.deliveries import retention
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import KeyReused
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ChatMessage, ChatSettings, Conversation, Delivery, Organisation
from webhooks_app.operations.integrity_check import audit

IDLE = timedelta(minutes=30)
URL = "http://127.0.0.1:1/hook"


def count(model: type) -> int:
    return len(rows(model))


def rows(model: Any) -> list[Any]:
    """Detached, so that no transaction of the test's is left open."""
    with Session(db.engine, expire_on_commit=False) as session:
        return list(session.scalars(select(model)))


def conversation() -> Conversation:
    [row] = rows(Conversation)
    return row


def test_derived_events_go_the_way_of_all_others(say: Say, organisation: Organisation) -> None:
    factories.webhook(organisation, URL, scope_type="chatbot", scope_id="bot_1")
    factories.webhook(organisation, URL, scope_type="chatbot", scope_id="bot_2")
    heard = say("ada@example.com")
    [started, lead] = heard.events
    assert (started.type, started.deliveries) == ("conversation.started", 0)
    assert (lead.type, lead.deliveries) == ("lead.captured", 1)
    stored = {event.id: event for event in events()}
    assert {event.origin for event in stored.values()} == {"chat"}
    assert (stored[lead.id].subject_type, stored[lead.id].subject_id) == ("chatbot", "bot_1")
    assert audit(db.engine, 90).ok


def test_the_audit_looks_after_derived_events_too(say: Say, organisation: Organisation) -> None:
    factories.webhook(organisation, URL)
    say("ada@example.com")
    db.session.query(Delivery).delete()
    db.session.commit()
    assert not audit(db.engine, 90).ok


def test_conversations_of_the_same_name_are_apart(say: Say, organisation: Organisation) -> None:
    other = factories.tenant(factories.organisation("Others"))
    test_mode = factories.tenant(organisation, "test")
    db.session.commit()
    for more in ({}, {"tenant": other}, {"tenant": test_mode}, {"conversation_id": "c2"}):
        assert [one.type for one in say(**more).events] == ["conversation.started"]
        assert say(**more).events == []


@pytest.mark.parametrize("member", ["message_id", "idempotency_key"])
def test_a_repeat_answers_what_the_first_did(say: Say, member: str) -> None:
    first = say("ada@example.com", **{member: "m1"})
    again = say("ada@example.com", **{member: "m1"}, now=utcnow() + timedelta(minutes=1))
    assert [one.id for one in again.events] == [one.id for one in first.events]
    assert not any(one.plans_deliveries for one in again.events)
    assert types() == ["conversation.started", "lead.captured"]
    assert conversation().visitor_messages == 1


@pytest.mark.parametrize("member", ["message_id", "idempotency_key"])
@pytest.mark.parametrize("other", [{"text": "Bye"}, {"speaker": Speaker.AGENT}])
def test_another_message_under_the_same_id_is_refused(say: Say, member: str, other: dict) -> None:
    say("Hello", **{member: "m1"})
    with pytest.raises(KeyReused):
        say(**{"text": "Hello", member: "m1"} | other)
    assert conversation().visitor_messages == 1
    assert conversation().agent_messages == 0


def test_an_id_belongs_to_its_conversation(say: Say) -> None:
    say(message_id="1")
    assert say(conversation_id="c2", message_id="1").events


def test_a_batch_is_heard_in_its_order_and_repeats_within_it_are_harmless(tenant: Tenant) -> None:
    now = utcnow()

    def said(speaker: Speaker, conversation_id: str, id_: str, text: str = "Hi") -> ReportedMessage:
        return ReportedMessage(conversation_id, speaker, text, now, message_id=id_)

    heard = report(
        db.engine,
        tenant,
        "bot_1",
        [
            said(Speaker.VISITOR, "c1", "1"),
            said(Speaker.ASSISTANT, "c1", "2"),
            said(Speaker.VISITOR, "c2", "1"),
            said(Speaker.VISITOR, "c1", "1"),
        ],
        now,
    )
    assert [[event.type for event in one.events] for one in heard] == [
        ["conversation.started"],
        ["message.received"],
        ["conversation.started"],
        ["conversation.started"],
    ]
    assert heard[3] is heard[0]
    assert len(events()) == 3


def test_of_a_batch_that_is_refused_nothing_is_stored(tenant: Tenant, say: Say) -> None:
    say("Hello", message_id="1")
    now = utcnow()
    fresh = ReportedMessage("c2", Speaker.VISITOR, "Hi", now)
    clash = ReportedMessage("c1", Speaker.VISITOR, "Something else", now, message_id="1")
    with pytest.raises(KeyReused) as refused:
        report(db.engine, tenant, "bot_1", [fresh, clash], now)
    assert (refused.value.index, refused.value.member) == (1, "id")
    assert count(Conversation) == 1
    assert types() == ["conversation.started"]


def test_at_once_from_many_threads_each_event_is_derived_once(
    tenant: Tenant, organisation: Organisation
) -> None:
    """The same messages, in batches of any order, eight producers at once, two conversations."""
    factories.webhook(organisation, URL)
    now = utcnow()
    texts = ["Hello", "ada@example.com", "I want to talk to a human", "+46 70 123 45 67"]
    messages = [
        ReportedMessage(
            name, speaker, text, now + timedelta(seconds=n), message_id=f"{speaker}-{n}"
        )
        for name in ("c1", "c2")
        for n, text in enumerate(texts)
        for speaker in (Speaker.VISITOR, Speaker.ASSISTANT)
    ]

    database = db.engine

    def produce(seed: int) -> None:
        chance = random.Random(seed)
        mine = chance.sample(messages, len(messages))
        while mine:
            size = chance.randint(1, 4)
            report(database, tenant, "bot_1", mine[:size], now)
            mine = mine[size:]

    with ThreadPoolExecutor(8) as producers:
        list(producers.map(produce, range(8)))
    each = [
        "conversation.started",
        "escalation.requested",
        *["lead.captured"] * 2,
        *["message.received"] * 4,
    ]
    assert sorted(types()) == sorted(each * 2)
    assert count(Delivery) == 4
    assert count(ChatMessage) == len(messages)
    assert audit(db.engine, 90).ok


def test_one_message_without_an_id_from_many_threads_counts_each_time(
    say: Say,
) -> None:
    with ThreadPoolExecutor(8) as producers:
        list(producers.map(lambda _: say("ada@example.com"), range(24)))
    assert types() == ["conversation.started", "lead.captured"]
    assert conversation().visitor_messages == 24


def test_a_conversation_ends_once_for_each_silence(say: Say) -> None:
    now = utcnow()
    say(now=now)
    end_idle(db.engine, now + timedelta(minutes=29))
    assert "conversation.ended" not in types()
    for late in (31, 32, 600):
        end_idle(db.engine, now + timedelta(minutes=late))
    assert types().count("conversation.ended") == 1
    say(now=now + timedelta(hours=2))
    end_idle(db.engine, now + timedelta(hours=3))
    end_idle(db.engine, now + timedelta(hours=4))
    assert types() == ["conversation.started", "conversation.ended", "conversation.ended"]


def test_many_that_end_are_ended_by_several_jobs_at_once_and_once_each(
    tenant: Tenant, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL, event_types=["conversation.ended"])
    now = utcnow()
    names = [f"c{n}" for n in range(450)]
    report(
        db.engine, tenant, "b", [ReportedMessage(n, Speaker.VISITOR, "Hi", now) for n in names], now
    )
    database = db.engine
    with ThreadPoolExecutor(4) as jobs:
        planned = list(jobs.map(lambda _: end_idle(database, now + IDLE), range(4)))
    assert any(planned)
    assert types().count("conversation.ended") == 450
    assert count(Delivery) == 450
    assert audit(db.engine, 90).ok


def test_a_message_and_the_end_at_once_never_leave_it_half(say: Say) -> None:
    """In either order: it is ended and waits for another silence, or not ended."""
    begun = utcnow() - timedelta(hours=1)
    names = [f"c{n}" for n in range(20)]
    for name in names:
        say(conversation_id=name, now=begun)
    with ThreadPoolExecutor(4) as both:
        ended = both.submit(end_idle, db.engine, utcnow())
        list(both.map(lambda name: say("More", conversation_id=name), names))
        ended.result()
    found = rows(Conversation)
    for row in found:
        assert row.ends_at is not None
        assert row.ends_at > utcnow() + timedelta(minutes=29)
    ends = types().count("conversation.ended")
    assert ends == sum(row.ended_at is not None for row in found)


def test_own_settings_are_listened_for(say: Say, organisation: Organisation) -> None:
    db.session.add(
        ChatSettings(
            organisation_id=organisation.id,
            escalation_patterns=["mensch"],
            appointment_patterns=[],
            region="SE",
            regions={"bot_2": "NO"},
            updated_at=utcnow(),
        )
    )
    db.session.commit()
    heard = say("Ein Mensch, bitte: 0701234567. Or book a demo with a human.")
    assert [one.type for one in heard.events] == [
        "conversation.started",
        "lead.captured",
        "escalation.requested",
    ]


def test_texts_are_not_kept_beyond_what_answers_need(say: Say) -> None:
    for n in range(10):
        say(f"Secret number {n}", message_id=f"m{n}")
    assert {row.text for row in rows(ChatMessage)} == {None}
    assert conversation().notes.count("Secret") == 5


def test_strange_texts_are_stored(say: Say) -> None:
    heard = say("NUL \0, \u2028 and 🙂", message_id="m1")
    assert [one.type for one in heard.events] == ["conversation.started"]
    say("Fine", Speaker.ASSISTANT)
    assert types() == ["conversation.started", "message.received"]


def test_a_message_costs_few_statements(say: Say, organisation: Organisation, app: Flask) -> None:
    say(message_id="m1")
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    say("Nothing new", message_id="m2")
    sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in statements if not one.startswith("BEGIN")]) == 5, statements


def test_what_is_old_is_forgotten_and_what_goes_on_is_not(say: Say) -> None:
    later = utcnow() + timedelta(days=95)
    for name in ("old", "resumed"):
        say(conversation_id=name, message_id="m1")
    end_idle(db.engine, utcnow() + IDLE)
    say(conversation_id="resumed", now=later - timedelta(days=1))
    finish(retention.expired(db.engine, later, 90))
    assert [row.conversation_id for row in rows(Conversation)] == ["resumed"]
    assert rows(ChatMessage) == []
