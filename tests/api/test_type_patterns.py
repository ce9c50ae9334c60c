"""Webhooks for `customer.*` and `*`, later types included."""

from typing import Any

import pytest

from tests.api.conftest import Api, faults
from webhooks_app.deliveries import missed
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.models import Subscription

TYPE = {"name": "customer.merged", "sample": {"id": "cus_1"}}


def report(api: Api, name: str, **data: object) -> int:
    answer = api.post("/events", {"type": name, "data": {"id": "cus_1", **data}})
    assert answer.status_code == 202, answer.text
    return int(answer.get_json()["deliveries"])


def test_a_pattern_is_kept_and_matches_types_that_come_later(api: Api) -> None:
    some = api.webhook(event_types=["customer.*", "customer.created"])
    assert some["event_types"] == ["customer.*", "customer.created"]
    every = api.webhook(event_types=["*"])
    assert report(api, "customer.created") == 2
    assert report(api, "lead.captured") == 1
    assert api.post("/event-types", TYPE).status_code == 201
    assert report(api, "customer.merged") == 2
    [last] = api.get("/events", type="customer.merged").get_json()["data"]
    explained = api.get(f"/events/{last['id']}/explanation").get_json()["data"]
    assert all(one["asks_for_type"] and one["would_fire"] for one in explained)
    sent = api.post(f"/webhooks/{every['id']}/test").get_json()
    assert sent["event"]["type"] == "conversation.started"
    sent = api.post(f"/webhooks/{some['id']}/test").get_json()
    assert sent["event"]["type"].startswith("customer.")


def test_a_field_filter_works_with_a_pattern(api: Api) -> None:
    api.webhook(event_types=["customer.*"], changed_fields=["stage"])
    assert report(api, "customer.created", stage="trial") == 1
    assert report(api, "customer.updated", stage="trial", owner="Ada") == 0
    assert report(api, "customer.updated", stage="live", owner="Ada") == 1


@pytest.mark.parametrize("name", ["custmer.*", "cust*", "*.created", "**", ".*", "webhook.*"])
def test_a_pattern_that_no_type_fits_is_refused(api: Api, name: str) -> None:
    body = {"name": "A", "url": "https://a.example", "event_types": ["lead.captured", name]}
    answer = api.post("/webhooks", body)
    assert (answer.status_code, list(faults(answer))) == (422, ["#/event_types/1"])


def test_an_action_asks_by_name(api: Api) -> None:
    body = {"name": "A", "url": "https://a.example", "event_types": ["customer.*"]}
    answer = api.post("/actions", body)
    assert answer.status_code == 422
    assert "Use a webhook" in faults(answer)["#/event_types/0"]


def test_a_client_of_pollybot_sends_back_what_it_read(api: Api) -> None:
    row: dict[str, Any] = api.webhook(
        event_types=["lead.*", "*"], scope={"type": "chatbot", "id": "bot_1"}
    )
    path = f"/chatbots/bot_1/webhooks/{row['id']}"
    read = api.get(path).get_json()["webhook"]
    assert read["eventTypes"] == ["LEAD_*", "*"]
    assert api("PUT", path, json={"eventTypes": read["eventTypes"]}).status_code == 200
    assert api.get(f"/webhooks/{row['id']}").get_json()["event_types"] == ["lead.*", "*"]


def test_what_was_missed_is_found_by_pattern(api: Api) -> None:
    row = api.webhook(event_types=["customer.*"])
    with db.engine.begin() as connection:
        disable(connection, [row["id"]], "It failed for 5 days.")
    report(api, "customer.created")
    report(api, "lead.captured")
    found = db.session.get_one(Subscription, row["id"])
    assert missed.missed_so_far(db.session(), found, 10).found == 1
