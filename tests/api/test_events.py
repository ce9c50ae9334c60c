"""POST /events and /events/batch."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api, faults, kind, stored
from tests.support.servers import RedisServer
from tests.support.settings import change_settings
from webhooks_app import queue
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Event, Organisation
from webhooks_app.parts import parts_of

BIG = 256 * 1024


def events() -> list[Event]:
    db.session.expire_all()
    return list(db.session.scalars(select(Event).order_by(Event.id)))


def test_an_event_is_accepted_with_its_deliveries(api: Api) -> None:
    api.webhook()
    api.webhook()
    room = {"type": "room", "id": "r1"}
    response = api.event(subject=room, timestamp="2026-03-02T10:00:00+02:00")
    [event] = events()
    assert response.status_code == 202
    assert response.get_json() == {"id": event.id, "type": "lead.captured", "deliveries": 2}
    assert (event.subject_type, event.subject_id) == ("room", "r1")
    assert event.occurred_at.isoformat() == "2026-03-02T08:00:00+00:00"
    assert {d.status for d in db.session.scalars(select(Delivery))} == {"pending"}
    assert stored() == (1, 2)


def test_a_chatbot_id_is_short_for_a_subject(api: Api) -> None:
    api.webhook(scope={"type": "chatbot", "id": "bot_1"})
    assert api.event(chatbot_id="bot_1").get_json()["deliveries"] == 1
    assert api.event(chatbot_id="bot_2").get_json()["deliveries"] == 0
    assert api.event().get_json()["deliveries"] == 0


def test_what_the_producer_says_changed_is_kept(api: Api) -> None:
    api.webhook(event_types=["lead.updated"], changed_fields=["status"])
    for changed, deliveries in ((["status", "name", "status"], 1), (["name"], 0), ([], 0)):
        response = api.event(type="lead.updated", changed=changed)
        assert response.get_json()["deliveries"] == deliveries
    rows = db.session.scalars(select(Event.changed)).all()
    assert set(rows) == {"[]", '["name"]', '["status","name"]'}


def test_the_data_is_kept_byte_for_byte(api: Api) -> None:
    data = '{ "b":1.10,"a":"\\u00e9", "big":12345678901234567890 }'
    text = f'{{"type":"lead.captured","data": {data}}}'
    assert api.post("/events", data=text, content_type="application/json").status_code == 202
    assert events()[0].data == data


def test_an_engine_is_asked_for_when_there_is_something_to_send(
    api: Api, app: Flask, redis_server: RedisServer
) -> None:
    waiting = queue.queue_named(queue.DELIVERIES, queue.fast_redis(redis_server.url))
    doorbell = parts_of(app).doorbell
    api.event()
    doorbell.settle()
    assert len(waiting) == 0
    api.webhook()
    api.event()
    api.event()
    doorbell.settle()
    assert [job.func_name for job in waiting.jobs] == [queue.RUN_ENGINE]


@pytest.mark.parametrize(
    ("body", "where", "word"),
    [
        ({"data": {}}, "#/type", "required"),
        ({"type": "lead.captured"}, "#/data", "required"),
        ({"type": "no.such", "data": {}}, "#/type", "no.such"),
        ({"type": 5, "data": {}}, "#/type", "str"),
        ({"type": "webhook.ping", "data": {}}, "#/type", "reserved"),
        ({"type": "lead.captured", "data": [1]}, "#/data", "object"),
        ({"type": "lead.captured", "data": "text"}, "#/data", "object"),
        ({"type": "lead.captured", "data": None}, "#/data", "object"),
        ({"type": "lead.captured", "data": {}, "extra": 1}, "#/extra", "Unknown field"),
        ({"type": "lead.captured", "data": {}, "subject": "bot"}, "#/subject", "object"),
        ({"type": "lead.captured", "data": {}, "subject": {"type": "room"}}, "#/subject/id", ""),
        (
            {"type": "lead.captured", "data": {}, "subject": {"type": "A B", "id": "1"}},
            "#/subject/type",
            "lower-case",
        ),
        (
            {"type": "lead.captured", "data": {}, "subject": {"type": "room", "id": ""}},
            "#/subject/id",
            "1 to 200",
        ),
        (
            {"type": "lead.captured", "data": {}, "subject": {"type": "room", "id": "a\u0000"}},
            "#/subject/id",
            "control",
        ),
        ({"type": "lead.captured", "data": {}, "chatbot_id": ""}, "#/chatbot_id", "1 to 200"),
        (
            {
                "type": "lead.captured",
                "data": {},
                "chatbot_id": "b",
                "subject": {"type": "room", "id": "1"},
            },
            "#/chatbot_id",
            "one of the two",
        ),
        ({"type": "lead.captured", "data": {}, "id": ""}, "#/id", "1 to 255"),
        ({"type": "lead.captured", "data": {}, "id": "x" * 256}, "#/id", "1 to 255"),
        ({"type": "lead.captured", "data": {}, "timestamp": "yesterday"}, "#/timestamp", ""),
        (
            {"type": "lead.captured", "data": {}, "timestamp": "2026-03-02T10:00:00"},
            "#/timestamp",
            "timezone",
        ),
        (
            {"type": "lead.captured", "data": {}, "timestamp": "0001-01-01T00:00:00+10:00"},
            "#/timestamp",
            "must lie between",
        ),
        ({"type": "lead.updated", "data": {}, "changed": "status"}, "#/changed", "array"),
        ({"type": "lead.updated", "data": {}, "changed": ["a", ""]}, "#/changed/1", "Name"),
        (
            {"type": "lead.updated", "data": {}, "changed": [str(n) for n in range(101)]},
            "#/changed",
            "100",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_nothing_is_stored(
    api: Api, body: dict[str, Any], where: str, word: str
) -> None:
    api.webhook()
    response = api.post("/events", body)
    assert response.status_code == 422
    assert where in faults(response)
    assert word in faults(response)[where]
    assert stored() == (0, 0)


def test_all_faults_are_told_at_once(api: Api) -> None:
    response = api.post("/events", {"type": 5, "data": {}, "id": 7, "nonsense": 1})
    assert set(faults(response)) == {"#/type", "#/id", "#/nonsense"}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"", "#"),
        (b"{", "#"),
        (b'{"type": "lead.captured", "data": {]}', "#"),
        (b'{"type": "lead.captured", "data": {}} tail', "#"),
        (b'\xff\xfe{"a":1}', "#"),
    ],
)
def test_what_is_not_json_is_a_400(api: Api, text: bytes, where: str) -> None:
    response = api.post("/events", data=text, content_type="application/json")
    assert response.status_code == 400
    assert kind(response) == "malformed-json"
    assert where in faults(response)
    assert stored() == (0, 0)


def test_only_json_is_taken(api: Api) -> None:
    response = api.post("/events", data=b"type=lead.captured", content_type="text/plain")
    assert response.status_code == 415
    assert kind(response) == "unsupported-media-type"


def test_data_of_256_kib_is_taken_and_a_byte_more_is_not(api: Api) -> None:
    def post(size: int) -> Any:
        data = b'{"a":"%b"}' % (b"x" * (size - len(b'{"a":""}')))
        assert len(data) == size
        text = b'{"type":"lead.captured","data":%b}' % data
        return api.post("/events", data=text, content_type="application/json")

    assert post(BIG).status_code == 202
    response = post(BIG + 1)
    assert response.status_code == 413
    assert "#/data" in faults(response)
    assert stored()[0] == 1


def test_a_body_far_too_large_is_refused_before_it_is_read(api: Api) -> None:
    text = b'{"type":"lead.captured","data":{"a":"%b"}}' % (b"x" * 2 * 1024 * 1024)
    response = api.post("/events", data=text, content_type="application/json")
    assert response.status_code == 413
    assert kind(response) == "payload-too-large"


@pytest.mark.parametrize("data", ['{"a":1e999}', "{" * 5000, '{"a":' * 150 + "1" + "}" * 150])
def test_data_that_conditions_could_not_read_is_refused(api: Api, data: str) -> None:
    text = f'{{"type":"lead.captured","data":{data}}}'
    response = api.post("/events", data=text, content_type="application/json")
    assert response.status_code in (400, 422)
    assert stored() == (0, 0)


@pytest.mark.parametrize("member", ["header", "id"])
def test_a_repeat_answers_what_the_first_did(api: Api, member: str) -> None:
    api.webhook()
    body: dict[str, Any] = {"type": "lead.captured", "data": {"n": 1}}
    headers = {"Idempotency-Key": "key-1"} if member == "header" else {}
    body |= {"id": "source-1"} if member == "id" else {}
    first = api.post("/events", body, headers=headers)
    api.webhook()
    again = api.post("/events", body, headers=headers)
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert stored() == (1, 1)


def test_a_key_with_another_event_is_refused(api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}
    api.post("/events", {"type": "lead.captured", "data": {"n": 1}}, headers=headers)
    other = api.post("/events", {"type": "lead.captured", "data": {"n": 2}}, headers=headers)
    assert (other.status_code, kind(other)) == (422, "idempotency-key-reused")
    assert stored()[0] == 1


def test_a_key_with_another_id_is_refused(api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}
    body = {"type": "lead.captured", "data": {}}
    assert api.post("/events", body | {"id": "a"}, headers=headers).status_code == 202
    other = api.post("/events", body | {"id": "b"}, headers=headers)
    assert (other.status_code, kind(other)) == (422, "idempotency-key-reused")
    assert "Idempotency-Key" in faults(other)
    assert stored()[0] == 1


def test_the_key_of_a_batch_and_that_of_an_event_never_meet(api: Api) -> None:
    event = {"type": "lead.captured", "data": {}}
    api.post("/events/batch", {"events": [event]}, headers={"Idempotency-Key": "k"})
    for key in ("k", "k:0"):
        api.post("/events", event, headers={"Idempotency-Key": key})
    assert stored()[0] == 3


def test_the_same_key_in_another_mode_or_organisation_is_another_key(
    api: Api, test_mode: Api, outsider: Api
) -> None:
    ids = {door.event(id="order-1").get_json()["id"] for door in (api, test_mode, outsider)}
    assert len(ids) == 3


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_that_cannot_be_used_is_refused(api: Api, key: str) -> None:
    response = api.post(
        "/events", {"type": "lead.captured", "data": {}}, headers={"Idempotency-Key": key}
    )
    assert response.status_code == 422
    assert "Idempotency-Key" in faults(response)


def test_concurrent_repeats_make_one_event(app: Flask, api: Api) -> None:
    api.webhook()
    db.session.rollback()

    def post(_: int) -> tuple[int, str]:
        answer = Api(app.test_client(), api.token).event(id="order-1")
        return answer.status_code, answer.get_json()["id"]

    with ThreadPoolExecutor(8) as producers:
        answers = set(producers.map(post, range(40)))
    assert len(answers) == 1
    assert answers.pop()[0] == 202
    assert stored() == (1, 1)


def test_batches_that_hold_the_same_ids_in_other_orders_do_not_deadlock(
    app: Flask, api: Api
) -> None:
    api.webhook()
    db.session.rollback()
    batch = [{"type": "lead.captured", "data": {"n": n}, "id": f"o-{n}"} for n in range(60)]

    def post(turn: int) -> int:
        rotated = batch[turn * 7 :] + batch[: turn * 7]
        door = Api(app.test_client(), api.token)
        return door.post("/events/batch", {"events": rotated}).status_code

    with ThreadPoolExecutor(8) as producers:
        assert set(producers.map(post, range(8))) == {202}
    assert stored() == (60, 60)


def test_a_batch_is_one_transaction_with_a_result_for_each(api: Api) -> None:
    api.webhook()
    batch = [
        {"type": "lead.captured", "data": {"n": 1}, "id": "a"},
        {"type": "lead.updated", "data": {"n": 2}},
        {"type": "lead.captured", "data": {"n": 1}, "id": "a"},
    ]
    response = api.post("/events/batch", {"events": batch})
    first, second, third = response.get_json()["events"]
    assert response.status_code == 202
    assert (first["deliveries"], second["deliveries"]) == (1, 0)
    assert third == first
    assert stored() == (2, 1)


def test_a_list_has_the_order_of_the_batch(api: Api) -> None:
    batch = [{"type": "lead.captured", "data": {"n": n}} for n in range(50)]
    sent = [one["id"] for one in api.post("/events/batch", {"events": batch}).get_json()["events"]]
    listed = [one["id"] for one in api.get("/events", limit=50).get_json()["data"]]
    assert listed == sent[::-1]


def test_one_bad_event_refuses_the_whole_batch_and_all_faults_are_told(api: Api) -> None:
    batch = [
        {"type": "lead.captured", "data": {}},
        {"type": "no.such", "data": {}},
        {"type": "lead.captured", "data": {}, "id": ""},
    ]
    response = api.post("/events/batch", {"events": batch})
    assert response.status_code == 422
    assert set(faults(response)) == {"#/events/1/type", "#/events/2/id"}
    assert stored() == (0, 0)


def test_a_batch_has_1_to_1000_events(api: Api) -> None:
    event = {"type": "lead.captured", "data": {}}
    assert api.post("/events/batch", {"events": []}).status_code == 422
    assert api.post("/events/batch", {"events": [event] * 1001}).status_code == 422
    assert stored() == (0, 0)
    assert api.post("/events/batch", {"events": [event] * 1000}).status_code == 202
    assert stored()[0] == 1000


def test_a_repeated_batch_answers_what_the_first_did(api: Api) -> None:
    body = {"events": [{"type": "lead.captured", "data": {"n": n}} for n in range(3)]}
    first, again = (
        api.post("/events/batch", body, headers={"Idempotency-Key": "nightly"}) for _ in range(2)
    )
    assert first.get_json() == again.get_json()
    assert stored()[0] == 3


def test_a_subscription_made_by_another_process_is_matched_at_once(
    app: Flask, api: Api, organisation: Organisation
) -> None:
    assert api.event().get_json()["deliveries"] == 0
    factories.webhook(organisation, "https://receiver.example/")
    assert api.event().get_json()["deliveries"] == 1


def test_modes_never_meet(api: Api, test_mode: Api) -> None:
    api.webhook()
    assert test_mode.event().get_json()["deliveries"] == 0
    assert api.event().get_json()["deliveries"] == 1


def test_the_rate_is_limited_by_key(app: Flask, api: Api, test_mode: Api) -> None:
    change_settings(app, ingest_rate_limit="3 per minute")
    assert [api.event().status_code for _ in range(4)] == [202, 202, 202, 429]
    response = api.event()
    assert kind(response) == "too-many-requests"
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert test_mode.event().status_code == 202
