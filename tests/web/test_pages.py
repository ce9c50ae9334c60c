"""The pages that stand already: log-in, overview, receiver, and what operators probe."""

import re
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from tests import factories
from tests.conftest import settings_for
from tests.support.servers import RedisServer
from webhooks_app import create_app
from webhooks_app.channels.webhook.signatures import sign_standard
from webhooks_app.clock import utcnow
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.models import Inbox, Organisation

PASSWORD = "correct horse battery"


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    organisation = factories.organisation()
    factories.member(organisation, factories.user("owner@example.com", PASSWORD))
    return organisation


def token_in(html: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found, html
    return found[1]


def log_in(client: FlaskClient, password: str = PASSWORD, **more: str) -> TestResponse:
    token = token_in(client.get("/login").text)
    form = {"email": "Owner@Example.com", "password": password, "csrf_token": token, **more}
    return client.post("/login", data=form, query_string={"next": "/"})


def test_a_stranger_is_led_to_the_log_in(client: FlaskClient) -> None:
    for page in ("/", "/test-webhook/", "/test-webhook/some-token"):
        response = client.get(page)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/login")


def test_a_member_logs_in_and_out(client: FlaskClient, organisation: Organisation) -> None:
    response = log_in(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    page = client.get("/")
    assert page.status_code == 200
    assert organisation.name in page.text
    client.post("/logout", data={"csrf_token": token_in(page.text)})
    assert client.get("/").status_code == 302


def test_a_wrong_password_says_so_and_keeps_the_address(
    client: FlaskClient, organisation: Organisation
) -> None:
    response = log_in(client, password="wrong")
    assert response.status_code == 422
    assert "do not fit" in response.text
    assert "Owner@Example.com" in response.text
    assert "wrong" not in re.sub("<[^>]*class[^>]*>", "", response.text)


def test_without_its_csrf_token_a_form_is_refused(
    client: FlaskClient, organisation: Organisation
) -> None:
    form = {"email": "owner@example.com", "password": PASSWORD}
    response = client.post("/login", data=form)
    assert response.status_code in (400, 422)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_it_never_leads_to_other_sites(
    client: FlaskClient, organisation: Organisation, target: str
) -> None:
    token = token_in(client.get("/login").text)
    form = {"email": "owner@example.com", "password": PASSWORD, "csrf_token": token}
    response = client.post("/login", data=form, query_string={"next": target})
    assert response.headers["Location"] == "/"


def test_too_many_tries_are_held_up(client: FlaskClient, organisation: Organisation) -> None:
    statuses = [log_in(client, email=f"{n}@example.com").status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]


def test_a_page_keeps_to_itself(client: FlaskClient) -> None:
    headers = client.get("/login").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["api", "api.md", "deliveries", "operating"])
def test_the_documents_are_served(client: FlaskClient, name: str) -> None:
    response = client.get(f"/docs/{name}")
    assert response.status_code == 200
    assert response.text.startswith("# ")
    assert client.get("/docs/../README").status_code == 404


def test_a_page_that_is_not_there_is_ours(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "There is nothing here" in response.text


def inbox(organisation: Organisation, secret: str | None = factories.SECRET) -> Inbox:
    row = Inbox(
        id=new_id("inb"),
        organisation_id=organisation.id,
        token="token-1",
        name="Receiver",
        sealed_secret=current_app.extensions["vault"].seal(secret) if secret else None,
        created_at=utcnow(),
    )
    db.session.add(row)
    db.session.commit()
    return row


def signed(body: bytes) -> dict[str, str]:
    now = int(utcnow().timestamp())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign_standard([factories.SECRET], "msg_1", now, body),
    }


def test_the_receiver_shows_what_came_and_whether_it_was_signed(
    client: FlaskClient, organisation: Organisation
) -> None:
    inbox(organisation)
    body = b'{"type":"lead.captured","data":{"name":"<script>alert(1)</script>"}}'
    assert client.post("/test-webhook/token-1", data=body, headers=signed(body)).status_code == 200
    assert client.post("/test-webhook/token-1", data=body + b" ", headers=signed(body)).is_json
    assert client.post("/test-webhook/token-1", data=b"\x00\xff").status_code == 200
    log_in(client)
    page = client.get("/test-webhook/token-1").text
    assert "The signature is right" in page
    assert "does not fit" in page
    assert "without a signature" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("body", [b"[" * 300 + b"]" * 300, b"x" * 100_000])
def test_the_receiver_shows_what_is_odd_as_text_and_cuts_it(
    client: FlaskClient, organisation: Organisation, body: bytes
) -> None:
    inbox(organisation)
    assert client.post("/test-webhook/token-1", data=body).status_code == 200
    log_in(client)
    page = client.get("/test-webhook/token-1")
    assert page.status_code == 200
    assert len(page.text) < 20_000


def test_the_receiver_keeps_the_newest_hundred_and_no_giants(
    client: FlaskClient, organisation: Organisation
) -> None:
    inbox(organisation)
    for number in range(103):
        client.post("/test-webhook/token-1", data=f"n{number}.")
    assert client.post("/test-webhook/token-1", data=b"x" * 600_000).status_code == 413
    log_in(client)
    page = client.get("/test-webhook/token-1").text
    assert "n102." in page
    assert "n3." in page
    assert "n2." not in page


def test_the_receiver_of_others_is_not_found(
    client: FlaskClient, organisation: Organisation
) -> None:
    inbox(factories.organisation("Others"))
    log_in(client)
    assert client.get("/test-webhook/token-1").status_code == 404


def test_an_inbox_is_opened_used_and_deleted(
    client: FlaskClient, organisation: Organisation
) -> None:
    log_in(client)
    token = token_in(client.get("/test-webhook/").text)
    form = {"csrf_token": token, "name": "Mine", "secret": factories.SECRET}
    opened = client.post("/test-webhook/", data=form).headers["Location"]
    body = b'{"type":"lead.captured","data":{}}'
    assert client.post(opened, data=body, headers=signed(body)).status_code == 200
    assert "The signature is right" in client.get(opened).text
    assert "cannot be undone" in client.get(f"{opened}/delete").text
    client.post(f"{opened}/delete", data={"csrf_token": token})
    assert client.post(opened, data=body).status_code == 404
    assert "No inbox yet" in client.get("/test-webhook/").text


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("secret", "short")])
def test_an_inbox_that_cannot_be_says_why(
    client: FlaskClient, organisation: Organisation, field: str, value: str
) -> None:
    log_in(client)
    form = {"csrf_token": token_in(client.get("/test-webhook/").text), "name": "Mine"}
    response = client.post("/test-webhook/", data=form | {field: value})
    assert response.status_code == 422
    assert f"{field}-error" in response.text


def test_an_unknown_receiver_takes_nothing(client: FlaskClient) -> None:
    assert client.post("/test-webhook/unknown", data=b"{}").status_code == 404


def test_what_no_database_stores_is_no_error_of_ours(client: FlaskClient) -> None:
    assert client.post("/test-webhook/a%00b", data=b"{}").status_code in (400, 404)


def test_behind_a_proxy_each_visitor_has_a_limit_of_their_own(
    settings: Settings, organisation: Organisation
) -> None:
    client = create_app(replace(settings, trusted_proxies=1)).test_client()

    def try_from(address: str, number: int = 0) -> int:
        page = client.get("/login").text
        form = {"email": f"{number}@example.com", "password": "wrong", "csrf_token": token_in(page)}
        forwarded = {"X-Forwarded-For": address}
        return client.post("/login", data=form, headers=forwarded).status_code

    assert [try_from("198.51.100.1", number) for number in range(11)][-1] == 429
    assert try_from("198.51.100.2") == 422


def test_healthz_needs_nothing(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_readyz_says_what_is_missing(
    app: Flask, client: FlaskClient, redis_server: RedisServer
) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["checks"] == {
        "sql": "ok",
        "redis": "ok",
        "workers": "none seen lately",
    }


def test_readyz_answers_when_everything_is_away(tmp_path: Path) -> None:
    away = settings_for("postgresql://nobody@127.0.0.1:1/x", "redis://127.0.0.1:1", tmp_path)
    response = create_app(away).test_client().get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["checks"]["sql"] == "does not answer"
    assert response.get_json()["checks"]["redis"] == "does not answer"


def test_metrics_count_what_happened(client: FlaskClient, organisation: Organisation) -> None:
    def value(name: str) -> float:
        text = client.get("/metrics").text
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]

    before = value("hookline_events_accepted_total")
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, factories.lead(), factories.lead())
    assert value("hookline_events_accepted_total") == before + 2
    assert value("hookline_backlog_deliveries") == 2
    assert value("hookline_backlog_age_seconds") >= 0
    text = client.get("/metrics").text
    for name in (
        "deliveries_delivered_total",
        "deliveries_failed_total",
        "deliveries_retried_total",
        "attempt_seconds_bucket",
        "requests_in_flight",
    ):
        assert f"hookline_{name}" in text
