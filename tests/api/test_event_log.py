"""Events as they are read, and why something was sent or was not."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import URL, Api, faults, kind
from tests.support.receiver import Answer, Receiver
from webhooks_app.events import stream
from webhooks_app.lib.ids import made_at
from webhooks_app.lib.times import rfc3339


def reported(api: Api, **more: object) -> str:
    answer = api.event(**more)
    assert answer.status_code == 202, answer.text
    return str(answer.get_json()["id"])


def listed(api: Api, path: str = "/events", **query: object) -> list[dict[str, Any]]:
    answer = api.get(path, **query)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["data"])


def test_events_are_listed_and_read(api: Api) -> None:
    data = {"name": "Ada", "n": 2**70, "deep": {"a": [1, None]}}
    subject = {"type": "chatbot", "id": "b"}
    first = reported(api, data=data, subject=subject, id="own-1", changed=["name"])
    second = reported(api, type="lead.updated", data={"id": "l1"})
    assert [one["id"] for one in listed(api)] == [second, first]
    assert [one["id"] for one in listed(api, type="lead.captured")] == [first]
    assert "data" not in listed(api)[0]
    one = api.get(f"/events/{first}").get_json()
    assert (one["data"], one["subject"], one["own_id"]) == (data, subject, "own-1")
    assert (one["origin"], one["deliveries"], one["changed"]) == ("api", 0, ["name"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"text": "ZOË"}, 1),
        ({"text": "captur"}, 2),
        ({"text": "nowhere"}, 0),
        ({"text": "own-1"}, 1),
        ({"field": "deep.email: ADA@"}, 1),
        ({"field": "name: ada@"}, 0),
        ({"subject": "bot_1"}, 1),
        ({"since": "2090-01-01T00:00:00Z"}, 0),
        ({"until": "2090-01-01T00:00:00Z"}, 2),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
    ],
)
def test_events_are_found(api: Api, query: dict[str, str], found: int) -> None:
    """The same as on the page: see tests/web/test_event_filters.py."""
    data = {"name": "Zoë", "deep": {"email": "ada@example.com"}}
    first = reported(api, data=data, subject={"type": "chatbot", "id": "bot_1"}, id="own-1")
    second = reported(api)
    assert [one["id"] for one in listed(api, **query)] == [second, first][-found:][: found or 0]
    assert listed(api, text=first) == listed(api, **{"text": "own-1"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"field": "email"},
        {"text": "x" * 201},
        {"text": "\0"},
        {"subject": "\0"},
        {"type": "\0"},
        {"since": "soon"},
        {"until": "0.5"},
        {"colour": "red"},
    ],
)
def test_a_filter_that_cannot_be_used_is_named(api: Api, wrong: dict[str, str]) -> None:
    answer = api.get("/events", **wrong)
    assert (answer.status_code, list(faults(answer))) == (422, list(wrong))


def test_a_page_says_how_far_back_it_searched(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LOOKED_THROUGH", 4)
    ids = [reported(api) for _ in range(3)]
    page = api.get("/events", text="nowhere").get_json()
    assert (page["data"], page["searched_back_to"]) == ([], rfc3339(made_at(ids[1])))
    page = api.get("/events", text="nowhere", cursor=page["next_cursor"]).get_json()
    assert page == {"data": [], "next_cursor": None, "searched_back_to": None}


def test_lists_have_pages(api: Api) -> None:
    ids = [reported(api) for _ in range(3)]
    page = api.get("/events", limit=2).get_json()
    rest = api.get("/events", limit=2, cursor=page["next_cursor"]).get_json()
    assert [one["id"] for one in page["data"] + rest["data"]] == ids[::-1]
    assert list(faults(api.get("/events", cursor="x"))) == ["cursor"]


def test_an_event_has_its_deliveries(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    api.webhook(url=receiver.url)
    event_id = reported(api)
    reported(api)
    drain()
    [sent] = listed(api, f"/events/{event_id}/deliveries")
    assert (sent["event"]["id"], sent["status"]) == (event_id, "delivered")
    again = api.post(f"/deliveries/{sent['id']}/replay").get_json()["id"]
    found = listed(api, f"/events/{event_id}/deliveries")
    assert [one["id"] for one in found] == [again, sent["id"]]


def test_an_explanation_says_which_condition_failed(api: Api) -> None:
    condition = {"field": "name", "operator": "equals", "value": "Grace"}
    wants = api.webhook(name="All")
    asks = api.webhook(name="Grace only", conditions=[condition])
    other = api.webhook(name="Other type", event_types=["lead.updated"])
    event_id = reported(api, data={"name": "x" * 2000})
    said = {one["subscription_id"]: one for one in listed(api, f"/events/{event_id}/explanation")}
    assert said[wants["id"]]["delivered"]
    assert said[wants["id"]]["would_fire"]
    failed = said[asks["id"]]
    assert (failed["asks_for_type"], failed["conditions_hold"]) == (True, False)
    [judged] = failed["conditions"]
    assert (judged["value"], judged["passed"], judged["found"]) == ("Grace", False, True)
    assert judged["actual"] == "x" * 1000
    assert not said[other["id"]]["asks_for_type"]


def test_others_find_nothing(api: Api, outsider: Api, test_mode: Api) -> None:
    event_id = reported(api)
    for door in (outsider, test_mode):
        assert listed(door) == []
        for path in ("", "/deliveries", "/explanation"):
            assert door.get(f"/events/{event_id}{path}").status_code == 404


def test_deliveries_are_counted_retried_and_filtered(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    receiver.answer = lambda request: Answer(500)
    webhook = api.webhook(url=receiver.url)
    reported(api, data={"name": "needle"})
    reported(api)
    drain()
    waiting = listed(api, "/deliveries", status="retrying")
    assert len(waiting) == 2
    assert len(listed(api, "/deliveries", text="needle")) == 1
    assert len(listed(api, "/deliveries", kind="webhook")) == 2
    assert listed(api, "/deliveries", kind="action") == []
    assert listed(api, "/deliveries", missing="true") == []
    assert len(listed(api, "/deliveries", missing="false")) == 2
    count = api.post("/deliveries/count", {"subscription_id": webhook["id"]}).get_json()
    assert count == {"count": 2, "at_least": False}
    assert api.post("/deliveries/count", {"text": "needle"}).get_json()["count"] == 1
    receiver.answer = lambda request: Answer(200)
    path = f"/deliveries/{waiting[0]['id']}/retry-now"
    assert api.post(path).status_code == 202
    drain()
    assert api.get(f"/deliveries/{waiting[0]['id']}").get_json()["status"] == "delivered"
    refused = api.post(path)
    assert (refused.status_code, kind(refused)) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "#"),
        ({"filter": {}, "delivery_ids": ["msg_1"]}, "#"),
        ({"delivery_ids": []}, "#/delivery_ids"),
        ({"filter": {"status": "lost"}}, "#/filter/status"),
        ({"filter": {"status_code": "9xx"}}, "#/filter/status_code"),
        ({"filter": {"state": "failed"}}, "#/filter/state"),
    ],
)
def test_a_replay_that_cannot_be_is_refused(api: Api, body: dict[str, object], where: str) -> None:
    assert list(faults(api.post("/replays", body))) == [where]
    assert listed(api, "/replays") == []
    count = api.post("/deliveries/count", {"status_code": "9xx"})
    assert list(faults(count)) == ["#/status_code"]


def test_a_replay_is_started_watched_and_cancelled(
    api: Api, outsider: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    api.webhook(url=receiver.url)
    reported(api)
    drain()
    started = api.post("/replays", {"filter": {"status": "delivered"}})
    replay = started.get_json()
    assert (started.status_code, replay["status"]) == (202, "running")
    assert started.headers["Location"] == f"/api/v1/replays/{replay['id']}"
    assert replay["requested_by"] == "test"
    again = api.post("/replays", {"filter": {"status": "delivered"}}).get_json()
    assert again["id"] == replay["id"]
    assert api.get(f"/replays/{replay['id']}").get_json()["id"] == replay["id"]
    assert [one["id"] for one in listed(api, "/replays")] == [replay["id"]]
    assert outsider.get(f"/replays/{replay['id']}").status_code == 404
    assert outsider.post(f"/replays/{replay['id']}/cancel").status_code == 404
    cancelled = api.post(f"/replays/{replay['id']}/cancel").get_json()
    assert cancelled["status"] == "cancelled"
    assert api.post(f"/replays/{replay['id']}/cancel").get_json() == cancelled


def test_a_replay_of_chosen_deliveries_counts_them(api: Api) -> None:
    api.webhook(url=URL)
    reported(api)
    [row] = listed(api, "/deliveries")
    replay = api.post("/replays", {"delivery_ids": [row["id"]]}).get_json()
    assert replay["total"] == 1
