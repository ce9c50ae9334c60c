"""Configuration put by own keys: made once, changed when it differs, and left alone when not."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.api.conftest import URL, Api, faults, forget_pings
from tests.support.rows import every_row
from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry, Delivery, Subscription

WEBHOOK: dict[str, Any] = {
    "name": "CRM",
    "url": URL,
    "event_types": ["lead.captured"],
    "headers": {"X-Team": "sales"},
    "metadata": {"team": "sales"},
    "conditions": [{"field": "email", "operator": "exists"}],
    "rate_limit": 2.5,
}
ACTION = {
    "channel": "email",
    "name": "Mail",
    "event_types": ["lead.captured"],
    "email_to": ["sales@people.example"],
}
DIGEST = {**ACTION, "event_types": [], "schedule": {"frequency": "daily", "hour": 9}}
EVENT_TYPE = {
    "sample": {"id": "ord_1"},
    "schema": {"type": "object"},
    "description": "It was paid.",
}
CONFIGURATION = {
    "/event-types/order.paid": EVENT_TYPE,
    "/event-types/order.refunded": {"sample": {}},
    "/webhooks/key:orders": {**WEBHOOK, "event_types": ["order.paid", "order.refunded"]},
    "/webhooks/key:crm": WEBHOOK,
    "/webhooks/key:a.b_c-1": {**WEBHOOK, "name": "Other"},
    "/actions/key:mail": ACTION,
    "/actions/key:digest": {name: DIGEST[name] for name in DIGEST if name != "event_types"},
    "/actions/key:post": {**WEBHOOK, "channel": "webhook"},
}


def put(api: Api, path: str, body: object) -> Any:
    return api("PUT", path, json=body)


def rows() -> dict[str, int]:
    db.session.rollback()
    return {
        model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0
        for model in (Subscription, AuditEntry, Delivery)
    } | {
        "revisions": db.session.scalar(select(func.sum(Subscription.revision))) or 0,
    }


def test_a_configuration_put_twice_changes_nothing_the_second_time(api: Api) -> None:
    """That of a whole organisation: not one row differs, such as an `updated_at` or the log."""
    for path, body in CONFIGURATION.items():
        made = put(api, path, body)
        assert made.status_code == 201, made.text
        if key := path.partition(":")[2]:
            assert made.get_json()["key"] == key
            assert ("secret" in made.get_json()) == (body.get("channel") != "email")
            assert made.headers["Location"].endswith(made.get_json()["id"])
        assert made.headers["ETag"] == api.get(path).headers["ETag"]
    before, tags = every_row(), [api.get(path).headers["ETag"] for path in CONFIGURATION]
    assert len(before["subscriptions"]) + len(before["event_types"]) == len(CONFIGURATION)
    for path, body in CONFIGURATION.items():
        again = put(api, path, body)
        assert again.status_code == 200
        assert "secret" not in again.get_json()
    assert every_row() == before
    assert [api.get(path).headers["ETag"] for path in CONFIGURATION] == tags


def test_an_event_type_is_replaced_by_its_name(api: Api, test_mode: Api) -> None:
    path = "/event-types/order.paid"
    put(api, path, EVENT_TYPE)
    after = put(api, path, {"sample": {"id": 2}, "title": "Paid"}).get_json()
    assert (after["title"], after["description"], after["schema"], after["sample"]) == (
        "Paid",
        "",
        None,
        {"id": 2},
    )
    assert api("DELETE", path).status_code == 204
    assert put(api, path, EVENT_TYPE).status_code == 201
    assert list(faults(put(api, path, {"title": "Paid"}))) == ["#/sample"]
    assert list(faults(put(api, "/event-types/lead.captured", EVENT_TYPE))) == ["#/name"]
    assert put(test_mode, path, EVENT_TYPE).status_code == 403


def test_what_differs_is_replaced_and_what_is_absent_gets_its_default(api: Api) -> None:
    made = put(api, "/webhooks/key:crm", WEBHOOK).get_json()
    less = {"name": "CRM 2", "url": URL, "event_types": ["lead.updated"]}
    after = put(api, "/webhooks/key:crm", less).get_json()
    assert (after["id"], after["name"], after["event_types"]) == (
        made["id"],
        "CRM 2",
        ["lead.updated"],
    )
    assert (after["conditions"], after["metadata"], after["headers"]) == ([], {}, {})
    assert after["rate_limit"] is None


def test_a_repeat_does_not_switch_it_on_again(api: Api) -> None:
    put(api, "/webhooks/key:crm", WEBHOOK)
    api.patch("/webhooks/key:crm", {"enabled": False})
    assert put(api, "/webhooks/key:crm", WEBHOOK).get_json()["enabled"] is False
    on = put(api, "/webhooks/key:crm", {**WEBHOOK, "enabled": True})
    assert on.get_json()["enabled"] is True


def test_every_path_takes_the_key(api: Api) -> None:
    made = put(api, "/webhooks/key:crm", WEBHOOK).get_json()
    forget_pings()
    assert api.get("/webhooks/key:crm").get_json()["id"] == made["id"]
    assert api.post("/webhooks/key:crm/test").get_json()["subscription_id"] == made["id"]
    assert api.post("/webhooks/key:crm/rotate-secret").get_json()["secret"]
    assert put(api, f"/webhooks/{made['id']}", WEBHOOK).get_json()["key"] == "crm"
    assert api("DELETE", "/webhooks/key:crm").status_code == 204
    assert api.get("/webhooks/key:crm").status_code == 404
    assert put(api, "/webhooks/key:crm", WEBHOOK).get_json()["id"] != made["id"]


def test_keys_belong_to_an_organisation_a_mode_and_a_kind(
    api: Api, outsider: Api, test_mode: Api
) -> None:
    ids = {
        put(door, path, body).get_json()["id"]
        for door in (api, outsider, test_mode)
        for path, body in (("/webhooks/key:x", WEBHOOK), ("/actions/key:x", ACTION))
    }
    assert len(ids) == 6


def test_at_once_it_is_made_once(api: Api) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(put, api, "/webhooks/key:crm", WEBHOOK) for _ in range(4)]
    answers = [one.result() for one in asked]
    assert sorted(one.status_code for one in answers)[-1] == 201
    assert {one.status_code for one in answers} <= {200, 201, 409}
    assert [one.status_code for one in answers].count(201) == 1
    assert rows()["subscriptions"] == 1


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/webhooks/key:a b", WEBHOOK, "key"),
        ("/webhooks/key:", WEBHOOK, "key"),
        (f"/webhooks/key:{'x' * 101}", WEBHOOK, "key"),
        ("/webhooks/key:crm", {"name": "CRM", "url": URL}, "#/event_types"),
        ("/actions/key:crm", {**ACTION, "channel": "fax"}, "#/channel"),
    ],
)
def test_what_cannot_be_is_refused(
    api: Api, path: str, body: dict[str, object], where: str
) -> None:
    assert list(faults(put(api, path, body))) == [where]
    assert rows()["subscriptions"] == 0
    put(api, "/webhooks/key:crm", WEBHOOK)
    refused = put(api, "/webhooks/key:crm", {"name": "CRM", "url": URL})
    assert list(faults(refused)) == ["#/event_types"]
    assert put(api, "/webhooks/whk_none", WEBHOOK).status_code == 404
