"""/webhooks: made, read, changed, tested, rotated, deleted."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, update
from standardwebhooks import Webhook

from tests.api.conftest import URL, Api, faults, kind, stored
from tests.support.receiver import Receiver
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.channels.webhook.signatures import BadSignature
from webhooks_app.channels.webhook.verify import detect, verify
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Vault, new_key
from webhooks_app.lib.errors import Conflict
from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.subscriptions import switching

MASK = "••••••"


def test_it_is_made_with_defaults_and_its_secret_is_shown_once(api: Api) -> None:
    made = api.webhook()
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["wire_format"], made["retry_policy"], made["match"]) == (
        "standard",
        "pivot",
        "all",
    )
    assert (made["enabled"], made["scope"], made["conditions"]) == (True, None, [])
    read = api.get(f"/webhooks/{made['id']}")
    assert read.get_json() == made
    assert secret not in read.text
    assert secret not in api.get("/webhooks").text
    row = db.session.scalars(select(Subscription)).one()
    assert secret not in str(vars(row))


def test_where_it_was_made_is_said(api: Api) -> None:
    response = api.post("/webhooks", {"name": "A", "url": URL, "event_types": ["lead.captured"]})
    assert response.headers["Location"].endswith(f"/api/v1/webhooks/{response.get_json()['id']}")


def test_everything_can_be_given_and_changed(api: Api) -> None:
    fields: dict[str, Any] = {
        "name": "Leads",
        "description": "To the CRM",
        "url": "https://crm.example/in?x=1",
        "event_types": ["lead.captured", "lead.updated"],
        "scope": {"type": "chatbot", "id": "bot_1"},
        "conditions": [{"field": "lead.email", "operator": "exists"}],
        "match": "any",
        "changed_fields": ["status", "data.owner.email"],
        "rate_limit": 2.5,
        "timeout": 7.5,
        "failure_mail": False,
        "retry_policy": {"delays": [10, 20.5]},
        "headers": {"X-Token": "t0p"},
        "enabled": False,
    }
    made = api.webhook(**fields, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert {key: made[key] for key in fields} == fields | {"headers": {"X-Token": MASK}}
    assert made["secret"] == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    changed = api.patch(f"/webhooks/{made['id']}", {"scope": None, "enabled": True, "name": "L"})
    after = changed.get_json()
    assert (after["scope"], after["enabled"], after["name"]) == (None, True, "L")
    assert after["description"] == "To the CRM"
    assert (after["changed_fields"], after["rate_limit"]) == (["status", "data.owner.email"], 2.5)
    api.patch(f"/webhooks/{made['id']}", {"changed_fields": [], "rate_limit": None})
    cleared = api.get(f"/webhooks/{made['id']}").get_json()
    assert (cleared["changed_fields"], cleared["rate_limit"]) == ([], None)


def test_a_field_filter_holds_from_when_it_is_saved(api: Api) -> None:
    made = api.webhook(event_types=["lead.updated"])

    def deliveries(**data: object) -> object:
        event = api.event(type="lead.updated", data={"id": "lead_1", "status": "NEW", **data})
        return event.get_json()["deliveries"]

    assert [deliveries(), deliveries()] == [1, 1]
    api.patch(f"/webhooks/{made['id']}", {"changed_fields": ["status"]})
    assert [deliveries(), deliveries(), deliveries(name="Ada")] == [1, 0, 0]
    assert deliveries(status="QUALIFIED") == 1
    api.patch(f"/webhooks/{made['id']}", {"changed_fields": []})
    assert deliveries() == 1


def test_a_masked_header_sent_back_keeps_its_value(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    before = {"X-Token": "t0p", "X-Old": "old", "X-Team": "sales"}
    path = f"/webhooks/{api.webhook(url=receiver.url, headers=before)['id']}"
    api.patch(path, {"headers": {"X-Token": MASK, "X-New": "new", "X-Team": "support"}})
    api.event()
    drain()
    headers = receiver.received[0].headers
    assert (headers["x-token"], headers["x-new"], headers.get("x-old")) == ("t0p", "new", None)
    assert headers["x-team"] == "support"
    assert list(faults(api.patch(path, {"url": 5}))) == ["#/url"]
    unknown = api.patch(path, {"headers": {"X-None": MASK}})
    assert list(faults(unknown)) == ["#/headers/X-None"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": ""}, "#/name"),
        ({"name": "x" * 201}, "#/name"),
        ({"name": "a\nb"}, "#/name"),
        ({"name": None}, "#/name"),
        ({"description": "x" * 2001}, "#/description"),
        ({"url": "ftp://receiver.example/"}, "#/url"),
        ({"url": "http://receiver.example/"}, "#/url"),
        ({"url": "https://10.0.0.1/"}, "#/url"),
        ({"url": "https://user:pw@receiver.example/"}, "#/url"),
        ({"url": "nonsense"}, "#/url"),
        ({"event_types": []}, "#/event_types"),
        ({"event_types": ["lead.captured", "no.such"]}, "#/event_types/1"),
        ({"event_types": ["webhook.ping"]}, "#/event_types/0"),
        ({"event_types": ["lead.captured", "lead.captured"]}, "#/event_types/1"),
        ({"event_types": "lead.captured"}, "#/event_types"),
        ({"event_types": ["lead.captured", 5]}, "#/event_types/1"),
        ({"scope": {"type": "Room", "id": "1"}}, "#/scope/type"),
        ({"scope": {"type": "room"}}, "#/scope/id"),
        ({"conditions": [{"field": "a", "operator": "is"}]}, "#/conditions/0/operator"),
        (
            {
                "conditions": [
                    {"field": "a", "operator": "exists"},
                    {"field": "b", "operator": "matches", "value": "("},
                ]
            },
            "#/conditions/1/value",
        ),
        ({"conditions": [{"operator": "exists"}]}, "#/conditions/0/field"),
        ({"match": "some"}, "#/match"),
        ({"changed_fields": ["status", ""]}, "#/changed_fields/1"),
        ({"changed_fields": ["a..b"]}, "#/changed_fields/0"),
        ({"changed_fields": ["x" * 201]}, "#/changed_fields/0"),
        ({"changed_fields": ["a\0b"]}, "#/changed_fields/0"),
        ({"changed_fields": [str(n) for n in range(51)]}, "#/changed_fields"),
        ({"changed_fields": None}, "#/changed_fields"),
        ({"rate_limit": 0}, "#/rate_limit"),
        ({"rate_limit": 0.09}, "#/rate_limit"),
        ({"rate_limit": 1000.5}, "#/rate_limit"),
        ({"rate_limit": "5"}, "#/rate_limit"),
        ({"rate_limit": True}, "#/rate_limit"),
        ({"timeout": 0.9}, "#/timeout"),
        ({"timeout": 60.5}, "#/timeout"),
        ({"failure_mail": None}, "#/failure_mail"),
        ({"wire_format": "none"}, "#/wire_format"),
        ({"retry_policy": "never"}, "#/retry_policy"),
        ({"retry_policy": {"delays": [0]}}, "#/retry_policy"),
        ({"retry_policy": {"delays": ["1"]}}, "#/retry_policy"),
        ({"retry_policy": {"max_retries": 21, "retry_delay_ms": 1000}}, "#/retry_policy"),
        ({"headers": "X-A: b"}, "#/headers"),
        ({"headers": ["X-A"]}, "#/headers"),
        ({"headers": {"Host": "x"}}, "#/headers/Host"),
        ({"headers": {"Webhook-Id": "x"}}, "#/headers/Webhook-Id"),
        ({"headers": {"X-A": "b\r\nX-C: d"}}, "#/headers/X-A"),
        ({"headers": {"a/b": "x"}}, "#/headers/a~1b"),
        ({"secret": "short"}, "#/secret"),
        ({"secret": "whsec_AAAA"}, "#/secret"),
        ({"enabled": "yes"}, "#/enabled"),
        ({"nonsense": 1}, "#/nonsense"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(
    api: Api, fields: dict[str, Any], where: str
) -> None:
    body = {"name": "A", "url": URL, "event_types": ["lead.captured"], **fields}
    response = api.post("/webhooks", body)
    assert response.status_code == 422
    assert list(faults(response)) == [where]
    assert api.get("/webhooks").get_json()["data"] == []

    made = api.webhook()
    before = api.get(f"/webhooks/{made['id']}").get_json()
    response = api.patch(f"/webhooks/{made['id']}", {"description": "new", **fields})
    assert response.status_code == 422
    assert list(faults(response)) == [where]
    assert api.get(f"/webhooks/{made['id']}").get_json() == before


def test_plain_http_is_for_test_mode(test_mode: Api) -> None:
    assert test_mode.webhook(url="http://receiver.example/")["url"] == "http://receiver.example/"


def test_others_find_nothing(api: Api, outsider: Api, test_mode: Api) -> None:
    path = f"/webhooks/{api.webhook()['id']}"
    for door in (outsider, test_mode):
        for method, more in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
            answer = door(method, path + more, **({"json": {}} if method == "PATCH" else {}))
            assert (answer.status_code, kind(answer)) == (404, "not-found")
        assert door.post(f"{path}/rotate-secret").status_code == 404
        assert door.get("/webhooks").get_json()["data"] == []
    assert api.get(path).status_code == 200


def test_switching_off_cancels_what_waits_and_nothing_new_is_planned(api: Api) -> None:
    made = api.webhook()
    api.event()
    api.patch(f"/webhooks/{made['id']}", {"enabled": False})
    assert db.session.scalars(select(Delivery.status)).all() == ["cancelled"]
    assert api.event().get_json()["deliveries"] == 0
    api.patch(f"/webhooks/{made['id']}", {"enabled": True})
    assert api.event().get_json()["deliveries"] == 1


def test_deleting_cancels_what_waits_and_keeps_the_log(api: Api) -> None:
    made = api.webhook()
    api.event()
    assert api("DELETE", f"/webhooks/{made['id']}").status_code == 204
    assert api.get(f"/webhooks/{made['id']}").status_code == 404
    assert api("DELETE", f"/webhooks/{made['id']}").status_code == 404
    [logged] = api.get("/deliveries").get_json()["data"]
    assert logged["status"] == "cancelled"
    assert api.event().get_json()["deliveries"] == 0


def test_a_test_sends_the_sample_to_this_webhook_alone(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    api.webhook()
    scope = {"type": "chatbot", "id": "bot_9"}
    made = api.webhook(url=receiver.url, event_types=["booking.confirmed"], scope=scope)
    response = api.post(f"/webhooks/{made['id']}/test")
    assert response.status_code == 202
    assert (response.get_json()["trigger"], response.get_json()["status"]) == ("test", "pending")
    drain()
    [request] = receiver.received
    assert request.delivery_id == response.get_json()["id"]
    assert orjson.loads(request.body)["type"] == "booking.confirmed"
    Webhook(made["secret"]).verify(request.body, request.headers)
    assert stored() == (1, 1)
    assert db.session.scalars(select(Event.origin)).all() == ["test"]


@pytest.mark.parametrize(("name", "member"), [("pivra", "chatbot_id"), ("pollybot", "chatbotId")])
def test_a_sample_is_about_a_chatbot_where_the_document_shows_one(
    api: Api, receiver: Receiver, drain: Callable[[], None], name: str, member: str
) -> None:
    about_all = api.webhook(url=receiver.url, wire_format=name)
    about_one = api.webhook(
        url=receiver.url, wire_format=name, scope={"type": "chatbot", "id": "bot_9"}
    )
    for made in (about_all, about_one):
        api.post(f"/webhooks/{made['id']}/test")
    drain()
    sent = {orjson.loads(request.body)[member] for request in receiver.received}
    assert sent == {"bot_sample", "bot_9"}


def test_a_test_may_name_its_event_type_or_be_a_ping(api: Api) -> None:
    path = f"/webhooks/{api.webhook()['id']}/test"
    for name, origin in (("lead.updated", "test"), ("webhook.ping", "ping")):
        made = api.post(path, {"event_type": name}).get_json()
        assert made["event"]["type"] == name
        assert db.session.get_one(Event, made["event"]["id"]).origin == origin
    response = api.post(path, {"event_type": "no.such"})
    assert (response.status_code, list(faults(response))) == (422, ["#/event_type"])


def test_a_test_may_send_data_of_ones_own_byte_for_byte(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    never = {"field": "name", "operator": "equals", "value": "nobody"}
    made = api.webhook(url=receiver.url, conditions=[never])
    path, data = f"/webhooks/{made['id']}/test", '{"n":  1.10, "big": 12345678901234567890123}'
    for body in (f'{{"data": {data}}}', f'{{"event_type": "lead.updated", "data": {data}}}'):
        assert raw(api, path, body).status_code == 202
    drain()
    sent = sorted(orjson.loads(one.body)["type"] for one in receiver.received)
    assert sent == ["lead.captured", "lead.updated"]
    for request in receiver.received:
        assert data.encode() in request.body
        Webhook(made["secret"]).verify(request.body, request.headers)


def raw(api: Api, path: str, body: str) -> Any:
    return api("POST", path, data=body, content_type="application/json")


@pytest.mark.parametrize(
    "data",
    ["[]", "1", "null", '"text"', '{"n": 1e999}', '{"a": ' * 101 + "1" + "}" * 101],
    ids=["list", "number", "null", "text", "range", "deep"],
)
def test_a_test_refuses_data_that_no_event_may_have(api: Api, data: str) -> None:
    path = f"/webhooks/{api.webhook()['id']}/test"
    response = raw(api, path, f'{{"data": {data}}}')
    assert (response.status_code, list(faults(response))) == (422, ["#/data"])
    large = api.post(path, {"data": {"text": "x" * 256 * 1024}})
    assert (large.status_code, list(faults(large))) == (422, ["#/data"])
    assert db.session.query(Delivery).count() == 0


def test_a_webhook_that_is_off_is_not_tested(api: Api) -> None:
    path = f"/webhooks/{api.webhook(enabled=False)['id']}/test"
    response = api.post(path)
    assert (response.status_code, kind(response)) == (409, "conflict")


def test_while_a_secret_rotates_both_sign(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = api.webhook(url=receiver.url)
    rotated = api.post(f"/webhooks/{made['id']}/rotate-secret").get_json()
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_secret_expires_at"] is not None
    api.event()
    drain()
    [request] = receiver.received
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(request.body, request.headers)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_overlap_is_told_only_where_both_sign(api: Api, name: str) -> None:
    made = api.webhook(wire_format=name)
    rotated = api.post(f"/webhooks/{made['id']}/rotate-secret").get_json()
    both = name in ("standard", "cloudevents", "stripe", "svix")
    assert (rotated["previous_secret_expires_at"] is not None) == both


def test_without_overlap_the_old_secret_ends_at_once(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = api.webhook(url=receiver.url)
    path = f"/webhooks/{made['id']}/rotate-secret"
    api.post(path, {"overlap_hours": 24})
    rotated = api.post(path, {"overlap_hours": 0}).get_json()
    assert rotated["previous_secret_expires_at"] is None
    assert db.session.get_one(Subscription, made["id"]).sealed_previous_secret is None
    api.event()
    drain()
    [request] = receiver.received
    Webhook(rotated["secret"]).verify(request.body, request.headers)
    assert len(request.headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize("hours", [-1, 169, "1", 1.5])
def test_an_overlap_is_0_to_7_days(api: Api, hours: object) -> None:
    made = api.webhook()
    response = api.post(f"/webhooks/{made['id']}/rotate-secret", {"overlap_hours": hours})
    assert list(faults(response)) == ["#/overlap_hours"]


def test_a_secret_has_to_fit_the_format_that_signs_with_it(api: Api) -> None:
    fields = {"name": "A", "url": URL, "event_types": ["lead.captured"], "secret": "my-own-secret"}
    refused = api.post("/webhooks", fields)
    assert list(faults(refused)) == ["#/secret"]
    made = api.post("/webhooks", {**fields, "wire_format": "pivra"}).get_json()
    assert made["secret"] == "my-own-secret"

    path = f"/webhooks/{made['id']}"
    assert api.patch(path, {"wire_format": "pollybot"}).status_code == 200
    refused = api.patch(path, {"wire_format": "standard"})
    assert list(faults(refused)) == ["#/wire_format"]
    assert "Rotate it first" in faults(refused)["#/wire_format"]
    assert api.get(path).get_json()["wire_format"] == "pollybot"

    assert list(faults(api.post(f"{path}/rotate-secret", {"secret": "short"}))) == ["#/secret"]
    own = api.post(f"{path}/rotate-secret", {"secret": "another-own-secret"}).get_json()
    assert own["secret"] == "another-own-secret"
    api.post(f"{path}/rotate-secret")
    assert api.patch(path, {"wire_format": "standard"}).status_code == 200
    refused = api.post(f"{path}/rotate-secret", {"secret": "my-own-secret"})
    assert list(faults(refused)) == ["#/secret"]


def test_what_was_planned_keeps_its_format_and_is_signed_with_the_secret_of_now(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = api.webhook(url=receiver.url)
    api.event()
    api.patch(f"/webhooks/{made['id']}", {"wire_format": "pivra"})
    api.post(f"/webhooks/{made['id']}/rotate-secret", {"secret": "whsec_mine!", "overlap_hours": 0})
    api.event()
    drain()
    received = {detect(request.headers): request for request in receiver.received}
    assert set(received) == {"standard", "pivra"}
    for name, request in received.items():
        assert name
        verify(name, "whsec_mine!", request.headers, request.body, int(request.at))
        with pytest.raises(BadSignature):
            verify(name, made["secret"], request.headers, request.body, int(request.at))


def test_after_a_lost_encryption_key_a_webhook_can_be_read_and_mended(
    app: Flask, api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = api.webhook(url=receiver.url, headers={"X-Token": "t0p"})
    gone = Vault([new_key()])
    db.session.execute(
        update(Subscription).values(sealed_secret=gone.seal("x"), sealed_headers=gone.seal("{}"))
    )
    db.session.commit()
    path = f"/webhooks/{made['id']}"
    assert api.get(path).get_json()["headers"] == {}
    assert len(api.get("/webhooks").get_json()["data"]) == 1
    rotated = api.post(f"{path}/rotate-secret").get_json()
    assert rotated["previous_secret_expires_at"] is None
    assert api.patch(path, {"headers": {"X-Token": "new"}}).status_code == 200
    api.event()
    drain()
    [request] = receiver.received
    Webhook(rotated["secret"]).verify(request.body, request.headers)
    assert request.headers["x-token"] == "new"


def test_enabling_sends_only_what_happens_from_then_on(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    """Even if a process that had not seen the change yet left something waiting."""
    made = api.webhook(url=receiver.url)
    api.event(data={"n": 1})
    db.session.execute(update(Subscription).values(enabled=False))
    db.session.commit()
    api.patch(f"/webhooks/{made['id']}", {"enabled": True})
    api.event(data={"n": 2})
    drain()
    assert [orjson.loads(request.body)["data"] for request in receiver.received] == [{"n": 2}]


def test_they_are_listed_newest_first_page_by_page(api: Api) -> None:
    made = [api.webhook(name=f"W{n}")["id"] for n in range(5)]
    first = api.get("/webhooks", limit=2).get_json()
    second = api.get("/webhooks", limit=2, cursor=first["next_cursor"]).get_json()
    third = api.get("/webhooks", limit=2, cursor=second["next_cursor"]).get_json()
    pages = [[one["id"] for one in page["data"]] for page in (first, second, third)]
    assert [one for page in pages for one in page] == made[::-1]
    assert third["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(
    api: Api, query: dict[str, object], where: str
) -> None:
    response = api.get("/webhooks", **query)
    assert (response.status_code, list(faults(response))) == (422, [where])


def test_counters_follow_what_happened(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = api.webhook(url=receiver.url)
    api.event()
    api.event()
    drain()
    counters = api.get(f"/webhooks/{made['id']}").get_json()["counters"]
    assert (counters["delivered"], counters["failed"]) == (2, 0)
    assert counters["last_success_at"] is not None


def test_two_edits_at_once_do_not_overwrite_each_other(api: Api) -> None:
    made = api.webhook()
    stale = db.session.get_one(Subscription, made["id"])
    assert stale.name == "CRM"
    db.session.expunge(stale)
    api.patch(f"/webhooks/{made['id']}", {"name": "First"})
    db.session.add(stale)
    stale.name = "Second"
    with pytest.raises(Conflict):
        switching.set_enabled(db.session(), stale, enabled=True)
    assert api.get(f"/webhooks/{made['id']}").get_json()["name"] == "First"
