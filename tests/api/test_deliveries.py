"""/deliveries: listed, read, replayed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api, faults, forget_pings, kind
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from webhooks_app.deliveries import log, replays
from webhooks_app.extensions import db
from webhooks_app.lib.ids import made_at
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import Delivery, Organisation

Drain = Callable[[], None]


def listed(api: Api, **query: object) -> list[dict[str, Any]]:
    response = api.get("/deliveries", **query)
    assert response.status_code == 200, response.text
    return list(response.get_json()["data"])


def test_a_delivery_is_read_with_its_attempts(api: Api, receiver: Receiver, drain: Drain) -> None:
    receiver.answer = lambda request: Answer(500, {"X-Why": "broken"}, b"<b>no</b>\x00\xff")
    webhook = api.webhook(url=receiver.url, headers={"X-Token": "t0p"})
    event = api.event(chatbot_id="bot_1").get_json()
    drain()
    [row] = listed(api)
    read = api.get(f"/deliveries/{row['id']}").get_json()
    assert row == {key: read[key] for key in row}
    assert (row["event"]["id"], row["subscription_id"]) == (event["id"], webhook["id"])
    assert row["event"]["subject"] == {"type": "chatbot", "id": "bot_1"}
    assert (row["status"], row["status_code"], row["tries"]) == ("retrying", 500, 1)
    assert row["next_try_at"] > rfc3339(utcnow() + timedelta(seconds=50))
    assert read["request_body"].encode() == receiver.received[0].body
    [attempt] = read["attempts"]
    assert (attempt["number"], attempt["outcome"], attempt["failure"]) == (1, "failed", "status")
    assert attempt["response_body"] == "<b>no</b>\x00\ufffd"
    assert ["X-Why", "broken"] in attempt["response_headers"]
    assert attempt["request_headers"]["X-Token"] == "••••••"


def test_they_are_listed_newest_first_page_by_page(api: Api) -> None:
    api.webhook()
    ids = [api.event().get_json()["id"] for _ in range(5)]
    pages, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get("/deliveries", **query).get_json()
        pages.append([one["event"]["id"] for one in page["data"]])
        if (cursor := page["next_cursor"]) is None:
            break
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == ids[::-1]


def test_filters_narrow_the_list(api: Api, receiver: Receiver, drain: Drain) -> None:
    receiver.answer = lambda request: Answer(404 if b"lead.updated" in request.body else 200)
    first = api.webhook(url=receiver.url)
    second = api.webhook(url=receiver.url, event_types=["lead.updated"])
    api.event()
    api.event(type="lead.updated")
    before = rfc3339(utcnow() - timedelta(minutes=1))
    drain()

    def found(**query: object) -> list[str]:
        return [one["subscription_id"] for one in listed(api, **query)]

    assert found(subscription_id=first["id"]) == [first["id"]]
    assert found(event_type="lead.updated") == [second["id"]]
    assert found(status="delivered") == [first["id"]]
    assert found(status="retrying") == [second["id"]]
    assert found(status_code="404") == found(status_code="4xx") == [second["id"]]
    assert found(status_code="5xx") == []
    assert len(found(since=before)) == 2
    assert found(until=before) == []
    assert found(subscription_id="whk_unknown") == []


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"status": "lost"}, "status"),
        ({"status_code": "6xx"}, "status_code"),
        ({"field": "email"}, "field"),
        ({"field": ": x"}, "field"),
        ({"text": "x" * 201}, "text"),
        ({"text": "a\0"}, "text"),
        ({"response": "x" * 201}, "response"),
        ({"subject": "\0"}, "subject"),
        ({"event_id": "\0"}, "event_id"),
        ({"event_type": "\0"}, "event_type"),
        ({"subscription_id": "\0"}, "subscription_id"),
        ({"status_code": "40"}, "status_code"),
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-01-01T00:00:00"}, "until"),
        ({"page": 2}, "page"),
        ({"since": "null"}, "since"),
        ({"until": "null"}, "until"),
        ({"until": "0.5"}, "until"),
        ({"limit": "null"}, "limit"),
        ({"status": "null"}, "status"),
        ({"status": ["failed", "retrying"]}, "status"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(
    api: Api, query: dict[str, object], where: str
) -> None:
    response = api.get("/deliveries", **query)
    assert (response.status_code, list(faults(response))) == (422, [where])
    assert "regex" not in response.text


FOUND = [
    ({"text": "ZOË"}, 1),
    ({"text": "https://example.com/x"}, 1),
    ({"text": "nowhere"}, 0),
    ({"field": "email: ADA@"}, 1),
    ({"field": "name: ada@"}, 0),
    ({"subject": "bot_1"}, 1),
    ({"subject": "bot"}, 0),
    ({"response": "Quota"}, 1),
    ({"response": "quota"}, 0),
    ({"event_type": ""}, 0),
]


@pytest.mark.parametrize(("query", "found"), FOUND)
def test_a_filter_means_the_same_in_a_list_a_count_and_a_replay(
    api: Api, organisation: Organisation, query: dict[str, str], found: int
) -> None:
    """And the same as on the pages: see tests/web/test_delivery_filters.py."""
    api.webhook()
    data = {"name": "Zoë", "email": "ada@example.com", "url": "https://example.com/x"}
    escaped = json.dumps(data).replace("/", "\\/")
    lead = factories.lead(data=escaped, subject=("chatbot", "bot_1"))
    first, _ = factories.accepted(organisation, lead, factories.lead(data="{}"))
    delivery = db.session.scalars(select(Delivery).where(Delivery.event_id == first.id)).one()
    arrange(delivery.id, status="failed", tries=1)
    factories.attempt(delivery, outcome="failed", status_code=402, response_body=b"Quota used")
    db.session.commit()
    assert [one["id"] for one in listed(api, **query)] == [delivery.id][:found]
    assert api.post("/deliveries/count", query).get_json() == {"count": found, "at_least": False}
    replay = api.post("/replays", {"filter": query}).get_json()
    replays.work(db.session(), replay["id"])
    assert api.get(f"/replays/{replay['id']}").get_json()["replayed"] == found


def test_an_event_and_an_id_are_filters(api: Api, organisation: Organisation) -> None:
    api.webhook()
    first, _ = factories.accepted(organisation, factories.lead(), factories.lead())
    [row] = listed(api, event_id=first.id)
    for text in (first.id, row["id"]):
        assert listed(api, text=text) == [row]
        replay = api.post("/replays", {"filter": {"text": text, "missing": True}})
        assert replay.status_code == 202
    assert listed(api, event_id=first.id, text="nowhere") == []


def test_a_filter_of_a_replay_or_a_count_that_cannot_be_used_is_named(api: Api) -> None:
    wrong = {"field": "email"}
    assert list(faults(api.post("/deliveries/count", wrong))) == ["#/field"]
    assert list(faults(api.post("/replays", {"filter": wrong}))) == ["#/filter/field"]
    assert "such as email" in api.get("/deliveries", **wrong).text
    assert "such as 404" in api.get("/deliveries", status_code="6xx").text


def test_a_page_says_how_far_back_it_searched(
    api: Api, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.webhook()
    monkeypatch.setattr(log, "LOOKED_THROUGH", 8)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    ids = [one["id"] for one in listed(api)]
    page = api.get("/deliveries", text="nowhere").get_json()
    assert (page["data"], page["searched_back_to"]) == ([], rfc3339(made_at(ids[1])))
    page = api.get("/deliveries", text="nowhere", cursor=page["next_cursor"]).get_json()
    assert page == {"data": [], "next_cursor": None, "searched_back_to": None}
    assert api.get("/deliveries", limit=1).get_json()["searched_back_to"] == rfc3339(
        made_at(ids[0])
    )


def test_others_find_nothing(api: Api, outsider: Api, test_mode: Api) -> None:
    api.webhook()
    api.event()
    [row] = listed(api)
    for door in (outsider, test_mode):
        assert listed(door) == []
        assert door.get(f"/deliveries/{row['id']}").status_code == 404
        assert door.post(f"/deliveries/{row['id']}/replay").status_code == 404


def test_a_replay_is_a_new_delivery_of_the_same_body_to_the_url_of_now(
    api: Api, receiver: Receiver, drain: Drain
) -> None:
    webhook = api.webhook(url=receiver.url)
    api.event()
    drain()
    [row] = listed(api)
    api.patch(f"/webhooks/{webhook['id']}", {"url": receiver.url + "/moved"})
    forget_pings()
    response = api.post(f"/deliveries/{row['id']}/replay")
    assert response.status_code == 202
    made = response.get_json()
    assert (made["trigger"], made["replay_of"]) == ("replay", row["id"])
    assert made["id"] != row["id"]
    drain()
    first, second = receiver.received
    assert (first.body, second.delivery_id, second.path) == (second.body, made["id"], "/hook/moved")
    assert api.get(f"/deliveries/{made['id']}").get_json()["status"] == "delivered"


def test_a_replay_of_what_still_retries_is_its_next_attempt_now(
    api: Api, receiver: Receiver, drain: Drain
) -> None:
    receiver.answer = lambda request: Answer(500)
    api.webhook(url=receiver.url)
    api.event()
    drain()
    [before] = listed(api)
    made = api.post(f"/deliveries/{before['id']}/replay").get_json()
    assert made["id"] == before["id"]
    drain()
    [after] = listed(api)
    assert (after["status"], after["failures"]) == ("retrying", 2)


@pytest.mark.parametrize("change", ["disable", "delete"])
def test_what_is_not_served_is_not_replayed(
    api: Api, organisation: Organisation, change: str
) -> None:
    webhook = api.webhook()
    api.event()
    if change == "disable":
        api.patch(f"/webhooks/{webhook['id']}", {"enabled": False})
    else:
        api("DELETE", f"/webhooks/{webhook['id']}")
    [row] = listed(api)
    response = api.post(f"/deliveries/{row['id']}/replay")
    assert (response.status_code, kind(response)) == (409, "conflict")
    assert len(listed(api)) == 1
