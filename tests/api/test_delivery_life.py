"""Attempts, cancel and export of deliveries by API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults, kind
from tests.support.engine import make_due
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from webhooks_app.api.answers import NDJSON
from webhooks_app.deliveries import log
from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry, Delivery, Organisation


def sent(api: Api) -> str:
    assert api.event().status_code == 202
    return str(api.get("/deliveries").get_json()["data"][0]["id"])


def exported(api: Api, **query: str) -> TestResponse:
    return api("GET", "/deliveries", query_string=query, headers={"Accept": NDJSON})


def put(status: str, **values: Any) -> None:
    arrange(status=status, **values)


def test_attempts_are_listed_in_order(
    api: Api, organisation: Organisation, receiver: Receiver, drain: Callable[[], None]
) -> None:
    receiver.answer = lambda request: Answer(503, body=b"later")
    factories.webhook(organisation, receiver.url)
    path = f"/deliveries/{sent(api)}"
    assert api.get(f"{path}/attempts").get_json() == {"data": [], "next_cursor": None}
    for _ in range(2):
        make_due()
        drain()
    found = api.get(f"{path}/attempts").get_json()["data"]
    assert [(one["number"], one["status_code"]) for one in found] == [(1, 503), (2, 503)]
    assert {one["response_body"] for one in found} == {"later"}
    assert found == api.get(path).get_json()["attempts"]


@pytest.mark.parametrize("status", ["pending", "retrying"])
def test_one_that_waits_is_cancelled(api: Api, status: str, drain: Callable[[], None]) -> None:
    api.webhook()
    id_, other = sent(api), sent(api)
    put(status, error="The endpoint answered 503")
    before = api.get(f"/deliveries/{other}").get_json()
    for _ in range(2):
        shown = api.post(f"/deliveries/{id_}/cancel")
        assert shown.status_code == 200
        assert (shown.get_json()["status"], shown.get_json()["next_try_at"]) == ("cancelled", None)
        db.session.rollback()
        [entry] = db.session.query(AuditEntry).filter_by(action="delivery.cancelled")
        assert entry.detail == {"to": "CRM"}
        assert db.session.get_one(Delivery, id_).finished_at is not None
        db.session.rollback()
    assert shown.get_json()["error"] == "Cancelled by test. Last error: The endpoint answered 503"
    assert api.get(f"/deliveries/{other}").get_json() == before
    drain()
    assert api.get(f"/deliveries/{id_}").get_json()["tries"] == 0
    again = api.post(f"/deliveries/{id_}/replay").get_json()
    assert again["replay_of"] == id_


@pytest.mark.parametrize("status", ["sending", "delivered", "failed"])
def test_another_is_not(api: Api, status: str) -> None:
    api.webhook()
    id_ = sent(api)
    put(status)
    before = api.get(f"/deliveries/{id_}").get_json()
    refused = api.post(f"/deliveries/{id_}/cancel")
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    assert ("right now" in refused.get_json()["detail"]) is (status == "sending")
    assert api.get(f"/deliveries/{id_}").get_json() == before


def test_an_export_has_all_that_match_one_a_line(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "BATCH", 2)
    api.webhook()
    ids = [sent(api) for _ in range(5)]
    answer = exported(api)
    assert (answer.status_code, answer.mimetype) == (200, NDJSON)
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["id"] for one in found] == ids[::-1]
    assert found == api.get("/deliveries").get_json()["data"]
    none = exported(api, status="failed")
    assert (none.status_code, none.text) == (200, "")
    refused = exported(api, status="lost")
    assert (refused.status_code, list(faults(refused))) == (422, ["status"])


def test_nobody_else_sees_or_cancels_them(
    api: Api, outsider: Api, organisation: Organisation
) -> None:
    api.webhook()
    id_ = sent(api)
    assert outsider.get(f"/deliveries/{id_}/attempts").status_code == 404
    assert outsider.post(f"/deliveries/{id_}/cancel").status_code == 404
    assert exported(outsider).text == ""
    reader = Api(api.client, factories.api_key(organisation, scopes=["deliveries:read"]))
    assert reader.post(f"/deliveries/{id_}/cancel").status_code == 403
