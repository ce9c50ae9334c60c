"""POST /chatbots/{id}/messages."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults, kind, stored
from tests.support.servers import RedisServer
from webhooks_app import queue
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.chat import service as chat
from webhooks_app.extensions import db
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import Event, Organisation
from webhooks_app.parts import parts_of

PATH = "/chatbots/bot_1/messages"
HELLO = {"conversation_id": "c1", "role": "visitor", "text": "Hello"}


def say(api: Api, headers: dict[str, str] | None = None, **fields: object) -> TestResponse:
    return api.post(PATH, HELLO | fields, headers=headers or {})


def types(response: TestResponse) -> list[str]:
    assert response.status_code == 202, response.text
    return [event["type"] for event in response.get_json()["events"]]


def test_a_message_is_heard_and_the_events_that_follow_are_named(api: Api) -> None:
    api.webhook(scope={"type": "chatbot", "id": "bot_1"})
    response = say(api, text="ada@example.com", at="2026-03-02T10:00:00+02:00")
    assert types(response) == ["conversation.started", "lead.captured"]
    assert response.get_json()["conversation_id"] == "c1"
    event = db.session.get_one(Event, response.get_json()["events"][1]["id"])
    assert event.occurred_at.isoformat() == "2026-03-02T08:00:00+00:00"
    assert (event.subject_type, event.subject_id, event.mode) == ("chatbot", "bot_1", "live")
    assert stored() == (2, 1)
    assert types(say(api)) == []


def test_derived_events_have_no_member_that_the_catalogue_does_not_show(api: Api) -> None:
    say(api, text="ada@example.com, +46701234567. May I talk to a person, or book a demo?")
    say(api, role="assistant", text="Yes.")
    chat.end_idle(utcnow() + timedelta(hours=1))
    events = db.session.query(Event).all()
    assert len(events) == 6
    for event in events:
        data, sample = orjson.loads(event.data), CATALOGUE[event.type].sample
        assert data.keys() <= sample.keys(), event.type
        assert data.get("visitor", {}).keys() <= sample.get("visitor", {}).keys()
        assert {type(data[name]) for name in data} <= {type(sample[name]) for name in data}


def test_an_engine_is_asked_for_when_there_is_something_to_send(
    api: Api, app: Flask, redis_server: RedisServer
) -> None:
    waiting = queue.queue_named(queue.DELIVERIES, queue.fast_redis(redis_server.url))
    doorbell = parts_of(app).doorbell
    api.webhook()
    doorbell.settle()
    waiting.empty()  # its ping asked for one
    say(api)
    doorbell.settle()
    assert len(waiting) == 0
    say(api, text="ada@example.com")
    doorbell.settle()
    assert [job.func_name for job in waiting.jobs] == [queue.RUN_ENGINE]


@pytest.mark.parametrize("by", ["id", "key"])
def test_a_repeat_answers_what_the_first_did(api: Api, by: str) -> None:
    fields = {"id": "m1"} if by == "id" else {}
    headers = {"Idempotency-Key": "k1"} if by == "key" else {}
    first = say(api, headers, text="ada@example.com", **fields)
    again = say(api, headers, text="ada@example.com", **fields)
    assert again.get_json() == first.get_json()
    assert stored()[0] == 2


@pytest.mark.parametrize("by", ["id", "key"])
def test_another_message_under_the_same_id_or_key_is_refused(api: Api, by: str) -> None:
    fields = {"id": "m1"} if by == "id" else {}
    headers = {"Idempotency-Key": "k1"} if by == "key" else {}
    say(api, headers, **fields)
    response = say(api, headers, text="Something else", **fields)
    assert response.status_code == 422
    assert kind(response) == "idempotency-key-reused"
    assert list(faults(response)) == ["#/id" if by == "id" else "Idempotency-Key"]


def test_repeats_at_once_derive_once(app: Any, api: Api, organisation: Organisation) -> None:
    token = api.token

    def post(_: int) -> TestResponse:
        return say(Api(app.test_client(), token), id="m1", text="ada@example.com")

    with ThreadPoolExecutor(8) as producers:
        answers = [one.get_json() for one in producers.map(post, range(24))]
    assert all(answer == answers[0] for answer in answers)
    assert stored()[0] == 2


def test_a_batch_is_answered_message_by_message(api: Api) -> None:
    batch = {
        "messages": [
            HELLO | {"role": "assistant", "text": "Welcome!"},
            HELLO,
            HELLO | {"role": "assistant", "text": "What can I do?"},
            HELLO | {"conversation_id": "c2"},
        ]
    }
    response = api.post(PATH, batch, headers={"Idempotency-Key": "b1"})
    assert response.status_code == 202
    assert [
        (one["conversation_id"], [event["type"] for event in one["events"]])
        for one in response.get_json()["messages"]
    ] == [
        ("c1", []),
        ("c1", ["conversation.started"]),
        ("c1", ["message.received"]),
        ("c2", ["conversation.started"]),
    ]
    again = api.post(PATH, batch, headers={"Idempotency-Key": "b1"})
    assert again.get_json() == response.get_json()
    assert stored()[0] == 3


def test_of_a_batch_with_a_fault_nothing_is_stored(api: Api) -> None:
    bad = HELLO | {"role": "robot", "id": ""}
    response = api.post(PATH, {"messages": [HELLO, bad, HELLO | {"text": "x" * 16385}]})
    assert set(faults(response)) == {"#/messages/1/role", "#/messages/2/text"}
    assert stored() == (0, 0)


def test_a_clash_in_a_batch_says_where(api: Api) -> None:
    say(api, id="m1")
    response = api.post(PATH, {"messages": [HELLO, HELLO | {"id": "m1", "text": "Other"}]})
    assert list(faults(response)) == ["#/messages/1/id"]
    assert stored()[0] == 1


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_messages(api: Api, count: int) -> None:
    response = api.post(PATH, {"messages": [HELLO] * count})
    assert response.status_code == 422
    assert list(faults(response)) == ["#/messages"]


def test_a_batch_may_be_larger_than_a_message(api: Api) -> None:
    texts = ["x" * 16 * 1024] * 80
    assert api.post(PATH, {"messages": [HELLO | {"text": one} for one in texts]}).status_code == 202


@pytest.mark.parametrize(
    ("fields", "where", "word"),
    [
        ({"conversation_id": ""}, "#/conversation_id", "1 to 200"),
        ({"conversation_id": "a\u0000"}, "#/conversation_id", "control"),
        ({"conversation_id": 5}, "#/conversation_id", "str"),
        ({"role": "system"}, "#/role", "system"),
        ({"text": None}, "#/text", "str"),
        ({"id": ""}, "#/id", "1 to 255"),
        ({"id": "a b"}, "#/id", "visible"),
        ({"at": "yesterday"}, "#/at", ""),
        ({"at": "2026-03-02T10:00:00"}, "#/at", "timezone"),
        ({"at": "0001-01-01T00:00:00+10:00"}, "#/at", "must lie between"),
        ({"at": "9999-12-31T23:59:59-10:00"}, "#/at", "must lie between"),
        ({"at": rfc3339(utcnow() + timedelta(days=2))}, "#/at", "future"),
        ({"extra": 1}, "#/extra", "Unknown field"),
    ],
)
def test_what_is_wrong_is_named(api: Api, fields: dict[str, Any], where: str, word: str) -> None:
    response = say(api, **fields)
    assert response.status_code == 422
    assert list(faults(response)) == [where]
    assert word in faults(response)[where]
    assert stored() == (0, 0)


@pytest.mark.parametrize("body", [[], "text", {}, 5])
def test_other_json_is_refused(api: Api, body: object) -> None:
    assert api.post(PATH, body).status_code == 422


def test_what_is_not_json_is_refused(api: Api) -> None:
    assert api.post(PATH, data="{", content_type="application/json").status_code == 400
    assert api.post(PATH, data="hello", content_type="text/plain").status_code == 415


def test_a_text_has_16_kib(api: Api) -> None:
    assert say(api, text="ü" * 8192).status_code == 202
    response = say(api, text="ü" * 8192 + "x")
    assert response.status_code == 413
    assert list(faults(response)) == ["#/text"]


def test_an_empty_text_is_a_message(api: Api) -> None:
    assert types(say(api, text="")) == ["conversation.started"]


def test_the_name_of_the_chatbot_is_checked(api: Api) -> None:
    response = api.post(f"/chatbots/{'x' * 201}/messages", HELLO)
    assert response.status_code == 422
    assert list(faults(response)) == ["chatbot_id"]


def test_a_key_is_checked(api: Api) -> None:
    response = say(api, {"Idempotency-Key": "a b"})
    assert list(faults(response)) == ["Idempotency-Key"]


def test_it_needs_its_scope(client: FlaskClient, organisation: Organisation) -> None:
    other = Api(client, factories.api_key(organisation, scopes=["events:write"]))
    response = say(other)
    assert response.status_code == 403
    assert "messages:write" in response.get_json()["detail"]


def test_modes_and_organisations_are_apart(api: Api, test_mode: Api, outsider: Api) -> None:
    for one in (api, test_mode, outsider):
        assert types(say(one, id="m1")) == ["conversation.started"]
    assert {event.mode for event in db.session.query(Event)} == {"live", "test"}


def test_it_counts_against_the_rate_limit(api: Api) -> None:
    assert "X-RateLimit-Limit" in say(api).headers
