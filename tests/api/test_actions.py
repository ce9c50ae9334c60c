"""/actions and /whoami."""

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from tests import factories
from tests.api.conftest import URL, Api, faults, kind, stored
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.catalogue.system import PING
from webhooks_app.extensions import db
from webhooks_app.models import ApiKey, Event, Organisation
from webhooks_app.subscriptions import test_delivery

EMAIL = {
    "channel": "email",
    "name": "Mail sales",
    "event_types": ["lead.captured"],
    "email_to": ["sales@people.example"],
}
WEBHOOK = {"name": "Post it", "event_types": ["lead.captured"], "url": URL}


def made(api: Api, **members: object) -> dict[str, Any]:
    answer = api.post("/actions", {**EMAIL, **members})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/actions/{answer.get_json()['id']}"
    return dict(answer.get_json())


def test_an_action_by_e_mail_is_made_read_changed_and_deleted(api: Api) -> None:
    row = made(api, email_subject="New: {{ data.name }}")
    path = f"/actions/{row['id']}"
    assert (row["channel"], row["email_to"]) == ("email", ["sales@people.example"])
    assert "secret" not in row
    assert api.get(path).get_json() == row
    changed = api.patch(path, {"email_to": ["ops@people.example"], "enabled": False}).get_json()
    assert (changed["email_to"], changed["enabled"]) == (["ops@people.example"], False)
    assert changed["email_subject"] == "New: {{ data.name }}"
    assert [one["id"] for one in api.get("/actions").get_json()["data"]] == [row["id"]]
    assert api("DELETE", path).status_code == 204
    assert api.get(path).status_code == 404


def test_an_action_by_webhook_shows_its_secret_once(api: Api) -> None:
    answer = api.post("/actions", WEBHOOK)
    row = answer.get_json()
    assert (answer.status_code, row["channel"], row["url"]) == (201, "webhook", URL)
    assert row["secret"].startswith("whsec_")
    assert "secret" not in api.get(f"/actions/{row['id']}").get_json()
    rotated = api.post(f"/actions/{row['id']}/rotate-secret", {"overlap_hours": 1}).get_json()
    assert rotated["secret"] not in (None, row["secret"])
    assert rotated["previous_secret_expires_at"]


def test_an_action_changes_its_channel(api: Api) -> None:
    row = made(api)
    moved = api.patch(f"/actions/{row['id']}", {"channel": "webhook", "url": URL}).get_json()
    assert (moved["channel"], moved["url"], moved["name"]) == ("webhook", URL, "Mail sales")
    assert moved["secret"].startswith("whsec_")
    back = api.patch(f"/actions/{row['id']}", EMAIL).get_json()
    assert (back["channel"], "secret" in back) == ("email", False)


@pytest.mark.parametrize("more", [{}, {"email_to": []}])
def test_a_channel_without_an_address_is_refused(api: Api, more: dict[str, object]) -> None:
    row = api.post("/actions", WEBHOOK).get_json()
    refused = api.patch(f"/actions/{row['id']}", {"channel": "email", **more})
    assert list(faults(refused)) == ["#/email_to"]
    mail = made(api)
    back = api.patch(f"/actions/{mail['id']}", {"channel": "webhook"})
    assert list(faults(back)) == ["#/url"]
    assert api.get(f"/actions/{mail['id']}").get_json()["channel"] == "email"


def test_a_digest_takes_all_event_types(api: Api) -> None:
    row = made(api, schedule={"frequency": "daily", "hour": 9})
    assert row["event_types"] == ["action.digest"]
    assert row["schedule"]["hour"] == 9


def test_a_test_of_an_action_is_a_delivery(api: Api) -> None:
    row = made(api)
    sent = api.post(f"/actions/{row['id']}/test")
    assert (sent.status_code, sent.get_json()["trigger"]) == (202, "test")
    refused = api.post(f"/actions/{row['id']}/rotate-secret")
    assert (refused.status_code, kind(refused)) == (409, "conflict")


def test_a_test_may_send_data_of_ones_own_but_no_digest_has_any(api: Api) -> None:
    data = {"name": "Ada", "n": 1}
    sent = api.post(f"/actions/{made(api)['id']}/test", {"data": data}).get_json()
    event = db.session.get_one(Event, sent["event"]["id"])
    assert orjson.loads(event.data) == data
    digest = made(api, schedule={"frequency": "daily", "hour": 9})
    refused = api.post(f"/actions/{digest['id']}/test", {"data": data})
    assert (refused.status_code, list(faults(refused))) == (422, ["#/data"])


@pytest.mark.parametrize("name", sorted(one.name for one in CATALOGUE.values() if one.is_system))
def test_own_data_is_for_no_event_that_hookline_makes_but_a_ping(api: Api, name: str) -> None:
    path = f"/actions/{made(api)['id']}/test"
    before = stored()
    sent = api.post(path, {"event_type": name, "data": {}})
    if name == PING:
        assert sent.status_code == 202
    else:
        assert (sent.status_code, list(faults(sent))) == (422, ["#/event_type"])
        assert stored() == before


def test_own_data_is_sent_only_some_times_a_minute(
    api: Api, outsider: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would be a way for events around the plan."""
    monkeypatch.setattr(test_delivery, "OWN_DATA", "1 per hour")
    paths = [f"/actions/{made(api)['id']}/test" for _ in range(2)]
    assert api.post(paths[0], {"data": {}}).status_code == 202
    before = stored()
    refused = api.post(paths[1], {"data": {}})
    assert (refused.status_code, kind(refused)) == (429, "too-many-requests")
    assert int(refused.headers["Retry-After"]) > 0
    assert "1 tests with data of its own" in refused.get_json()["detail"]
    assert stored() == before
    assert api.post(paths[1]).status_code == 202
    assert outsider.post(f"/actions/{made(outsider)['id']}/test", {"data": {}}).status_code == 202


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"channel": "fax"}, "#/channel"),
        ({"channel": None}, "#/channel"),
        ({"email_to": []}, "#/email_to"),
        ({"url": URL}, "#/url"),
        ({"event_types": ["lead.caught"]}, "#/event_types/0"),
    ],
)
def test_what_cannot_be_is_refused(api: Api, members: dict[str, object], where: str) -> None:
    answer = api.post("/actions", {**EMAIL, **members})
    assert (answer.status_code, list(faults(answer))) == (422, [where])
    assert api.get("/actions").get_json()["data"] == []


def test_actions_and_webhooks_do_not_meet(api: Api, outsider: Api, test_mode: Api) -> None:
    row, webhook = made(api), api.webhook()
    assert api.get(f"/actions/{webhook['id']}").status_code == 404
    assert api.get(f"/webhooks/{row['id']}").status_code == 404
    for door in (outsider, test_mode):
        assert door.get("/actions").get_json()["data"] == []
        assert door.patch(f"/actions/{row['id']}", {"enabled": False}).status_code == 404
        assert door("DELETE", f"/actions/{row['id']}").status_code == 404
    assert api.get(f"/actions/{row['id']}").get_json() == row


def test_whoami_says_what_the_key_opens(api: Api, organisation: Organisation) -> None:
    key = db.session.scalars(select(ApiKey)).one()
    said = api.get("/whoami").get_json()
    assert said["organisation"]["name"] == organisation.name
    assert (said["mode"], said["key"]["id"], said["key"]["hint"]) == ("live", key.id, key.hint)
    assert set(said["key"]["scopes"]) == set(factories.SCOPES)
    assert api.token not in str(said)
    assert said["plan"]["webhooks"] == {"limit": None, "used": None}
    organisation.plan = "premium"
    db.session.commit()
    api.webhook()
    plan = api.get("/whoami").get_json()["plan"]
    assert (plan["title"], plan["webhooks"]) == ("Premium", {"limit": 50, "used": 1})
