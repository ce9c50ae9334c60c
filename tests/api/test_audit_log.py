"""The audit log by key: filters, pages, lines, and nothing of the other mode."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.api.conftest import Api, faults
from webhooks_app.extensions import db
from webhooks_app.lib.ids import made_at
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import AuditEntry, Organisation
from webhooks_app.organisations import audit_search

NDJSON = {"Accept": "application/x-ndjson"}


def actions(api: Api, **query: object) -> list[str]:
    return [one["action"] for one in api.get("/audit-log", **query).get_json()["data"]]


def test_it_says_who_did_what_to_what(api: Api) -> None:
    webhook = api.webhook()
    [entry] = api.get("/audit-log").get_json()["data"]
    assert entry["action"] == "webhook.created"
    assert entry["target"] == {"type": "webhook", "id": webhook["id"], "name": "CRM"}
    assert (entry["actor"]["kind"], entry["actor"]["name"]) == ("api_key", "test")
    assert (entry["mode"], entry["ip"]) == ("live", "127.0.0.1")
    assert webhook["secret"] not in json.dumps(entry)


def test_filters_narrow_it(api: Api) -> None:
    webhook = api.webhook()
    api.patch(f"/webhooks/{webhook['id']}", {"name": "New"})
    api.post("/inboxes", {"name": "Box"})
    assert actions(api) == ["inbox.opened", "webhook.updated", "webhook.created"]
    assert actions(api, action="webhook.updated") == ["webhook.updated"]
    assert actions(api, action="inbox") == ["inbox.opened"]
    assert actions(api, target=webhook["id"]) == ["webhook.updated", "webhook.created"]
    assert actions(api, target="box") == ["inbox.opened"]
    assert actions(api, actor="nobody") == []
    assert len(actions(api, actor_kind="api_key")) == 3
    assert actions(api, actor_kind="person") == []
    hour = timedelta(hours=1)
    assert actions(api, since=rfc3339(utcnow() + hour)) == []
    assert len(actions(api, since=rfc3339(utcnow() - hour), until=rfc3339(utcnow() + hour))) == 3
    for query in ({"actor_kind": "robot"}, {"since": "soon"}, {"colour": "red"}):
        assert list(faults(api.get("/audit-log", **query))) == list(query)
    assert list(faults(api.get("/audit-log", target="x" * 201))) == ["target"]


def test_it_comes_in_pages_or_as_lines(api: Api) -> None:
    for n in range(5):
        api.post("/inboxes", {"name": f"Box {n}"})
    first = api.get("/audit-log", limit=3).get_json()
    rest = api.get("/audit-log", limit=3, cursor=first["next_cursor"]).get_json()
    assert (len(first["data"]), len(rest["data"]), rest["next_cursor"]) == (3, 2, None)
    answer = api("GET", "/audit-log", headers=NDJSON, query_string={"action": "inbox"})
    assert answer.mimetype == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == first["data"] + rest["data"]


def test_a_rare_entry_far_back_is_found_on_a_further_page(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Rare", "Box", "Box"):
        api.post("/inboxes", {"name": name})
    monkeypatch.setattr(audit_search, "LOOKED_THROUGH", 2)
    page = api.get("/audit-log", target="rare").get_json()
    ids = [one["id"] for one in api.get("/audit-log").get_json()["data"]]
    assert (page["data"], page["searched_back_to"]) == ([], rfc3339(made_at(ids[1])))
    page = api.get("/audit-log", target="rare", cursor=page["next_cursor"]).get_json()
    assert [one["target"]["name"] for one in page["data"]] == ["Rare"]
    assert (page["next_cursor"], page["searched_back_to"]) == (None, None)
    lines = api("GET", "/audit-log", headers=NDJSON, query_string={"target": "rare"})
    assert lines.text.count("Rare") == 1


def test_a_mode_sees_its_own_entries_and_the_shared_ones(api: Api, test_mode: Api) -> None:
    api.webhook()
    test_mode.webhook(url="http://receiver.example/hook")
    test_mode.post("/inboxes", {"name": "Shared"})
    for one in (api, test_mode):
        assert actions(one) == ["inbox.opened", "webhook.created"]
        lines = one("GET", "/audit-log", headers=NDJSON).text.splitlines()
        assert len(lines) == 2


def test_outsiders_read_nothing(api: Api, outsider: Api, organisation: Organisation) -> None:
    api.webhook()
    assert actions(outsider) == []
    assert outsider("GET", "/audit-log", headers=NDJSON).text == ""
    assert len(db.session.scalars(select(AuditEntry)).all()) == 1
