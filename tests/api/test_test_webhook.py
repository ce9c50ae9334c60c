"""POST /api/test-webhook is open to all, but keeps only what members send."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.api.conftest import Api, kind
from webhooks_app.extensions import db
from webhooks_app.inbox.inboxes import API_INBOX
from webhooks_app.models import Inbox, InboxRequest, Organisation

PATH = "/api/test-webhook"
LEAD = b'{"event":"LEAD_CREATED","data":{"name":"John Doe","email":"john@example.com"}}'
HEADERS = {"X-Webhook-Signature": "sha256=abc", "X-Webhook-Timestamp": "1728573045"}


def rows() -> int:
    return db.session.query(InboxRequest).count()


def test_a_stranger_is_told_what_came_and_nothing_is_kept(app: Flask, client: FlaskClient) -> None:
    response = client.post(PATH, data=LEAD, headers=HEADERS)
    assert response.status_code == 200
    said = response.get_json()
    assert said.pop("time")
    assert said == {
        "received": True,
        "stored": False,
        "event": "LEAD_CREATED",
        "lead": {"name": "John Doe", "email": "john@example.com"},
        "signature_header": "X-Webhook-Signature",
        "timestamp": "1728573045",
        "bytes": len(LEAD),
    }
    assert rows() == 0
    assert db.session.query(Inbox).count() == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"[" * 100_000, b'"\xff', b"3"])
def test_anything_is_taken(app: Flask, client: FlaskClient, body: bytes) -> None:
    said = client.post(PATH, data=body).get_json()
    assert said["received"] is True
    assert said["event"] is said["lead"] is None


def test_a_key_keeps_it_in_one_inbox(
    client: FlaskClient, api: Api, organisation: Organisation
) -> None:
    headers = factories.bearer(api.token) | HEADERS
    for _ in range(2):
        said = client.post(PATH, data=LEAD, headers=headers).get_json()
        assert said["stored"] is True
    inbox = db.session.query(Inbox).one()
    assert (inbox.name, inbox.organisation_id) == (API_INBOX, organisation.id)
    assert said["inbox"].endswith(f"/test-webhook/{inbox.token}")
    assert rows() == 2
    assert api.token not in db.session.query(InboxRequest).first().headers


def test_the_token_of_an_inbox_keeps_it_there(
    client: FlaskClient, organisation: Organisation
) -> None:
    inbox = factories.inbox(organisation, answer_status=500)
    response = client.post(PATH, data=LEAD, query_string={"inbox": inbox.token})
    assert (response.status_code, response.get_json()["stored"]) == (200, True)
    assert rows() == 1


def test_wrong_keys_and_tokens_are_refused(app: Flask, client: FlaskClient) -> None:
    response = client.post(PATH, data=LEAD, headers=factories.bearer("hk_live_wrong"))
    assert (response.status_code, kind(response)) == (401, "unauthorized")
    response = client.post(PATH, data=LEAD, query_string={"inbox": "unknown"})
    assert (response.status_code, kind(response)) == (404, "not-found")
    assert rows() == 0


def test_other_credentials_are_none_of_ours(app: Flask, client: FlaskClient) -> None:
    response = client.post(PATH, data=LEAD, headers={"Authorization": "Bearer their-own"})
    assert (response.status_code, response.get_json()["stored"]) == (200, False)


def test_it_takes_no_giants_and_no_floods(app: Flask, client: FlaskClient) -> None:
    response = client.post(PATH, data=b"x" * 600_000)
    assert (response.status_code, kind(response)) == (413, "payload-too-large")
    statuses = {client.post(PATH, data=b"{}").status_code for _ in range(130)}
    assert statuses == {200, 429}
    assert kind(client.get(PATH)) == "method-not-allowed"


def test_a_full_organisation_is_told(
    client: FlaskClient, api: Api, organisation: Organisation
) -> None:
    for number in range(20):
        factories.inbox(organisation, name=f"Inbox {number}")
    response = client.post(PATH, data=LEAD, headers=factories.bearer(api.token))
    assert (response.status_code, kind(response)) == (409, "conflict")


def test_first_uses_at_once_open_one_inbox(app: Flask, api: Api) -> None:
    def use(_: int) -> int:
        headers = factories.bearer(api.token)
        return app.test_client().post(PATH, data=LEAD, headers=headers).status_code

    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(use, range(8))) == {200}
    assert db.session.query(Inbox).count() == 1
    assert rows() == 8
