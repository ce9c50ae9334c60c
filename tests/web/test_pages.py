"""Basic pages: log-in, overview, receiver, and what operators probe."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from tests import factories
from tests.web.conftest import Person
from webhooks_app import create_app
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation
from webhooks_app.web.documents import DOCUMENTS

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
    assert "Wrong e-mail or password." in response.text
    assert "Owner@Example.com" in response.text
    assert "wrong" not in re.sub("<[^>]*class[^>]*>", "", response.text)


def test_without_its_csrf_token_a_form_is_refused(
    client: FlaskClient, organisation: Organisation
) -> None:
    form = {"email": "owner@example.com", "password": PASSWORD}
    response = client.post("/login", data=form)
    assert response.status_code in (400, 422)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n\\evil.example",
        "//[",
    ],
)
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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_served(client: FlaskClient, name: str) -> None:
    """As pages and as Markdown; their links lead somewhere."""
    source = client.get(f"/docs/{name}.md")
    assert (source.mimetype, source.text) == ("text/markdown", DOCUMENTS[name].text)
    page = client.get(f"/docs/{name}").text
    assert "<h1" in page
    assert "](" not in re.sub(r"<(code|pre).*?</\1>", "", page, flags=re.DOTALL)
    article = page.partition("<article")[2]
    for path, anchor in re.findall(r'href="([a-z]*)(?:#([^"]*))?"', article):
        there = client.get(f"/docs/{path or name}")
        assert there.status_code == 200, path
        assert not anchor or f'id="{anchor}"' in there.text, anchor
    assert client.get("/docs/../README").status_code == 404


def test_programs_that_read_find_every_document(client: FlaskClient) -> None:
    index = client.get("/llms.txt")
    assert (index.mimetype, index.text.partition("\n")[0]) == ("text/plain", "# Hookline")
    links = re.findall(r"\]\((http://localhost/docs/[a-z]+\.md)\): \S", index.text)
    assert len(links) == len(DOCUMENTS)
    everything = client.get("/llms-full.txt").text
    for link in links:
        assert client.get(link).text in everything
    parts = client.get("/docs/api/llms.txt").text
    assert "(http://localhost/docs/api#events)" in parts
    assert 'id="events"' in client.get("/docs/api").text


def test_the_frame_stays_on_what_is_not_there_and_on_documents(owner: Person) -> None:
    for path in ("/nowhere", "/webhooks/whk_none", "/docs/", "/docs/api"):
        assert 'aria-label="Main"' in owner.get(path).text, path


@pytest.mark.parametrize("path", ["events/", "nowhere"])
def test_where_somebody_else_is_the_frame_is_that_of_ones_own_place(
    owner: Person, organisation: Organisation, path: str
) -> None:
    owner.client.is_short = False  # type: ignore[attr-defined]
    others = factories.organisation("Others")
    page = owner.get(f"/o/{others.id}/live/{path}")
    assert page.status_code == 404
    assert f'href="/o/{organisation.id}/live/webhooks/"' in page.text
    assert others.id not in page.text


def test_what_needs_attention_can_be_mended_there(
    owner: Person, organisation: Organisation
) -> None:
    failing = factories.webhook(organisation, "https://a.example", name="Failing")
    failing.health.failing_since = utcnow()
    off = factories.webhook(organisation, "https://b.example", name="Off", enabled=False)
    off.disabled_reason = "It answered 410 Gone."
    db.session.commit()
    page = owner.get("/").text
    assert f"/replays/new?subscription_id={failing.id}&amp;since=" in page
    assert f'action="/webhooks/{off.id}/toggle"' in page
    asked = owner.get("/replays/new", subscription_id=off.id, missing=1).text
    assert "Off is off, so its deliveries would be skipped" in asked
    asked = owner.get("/replays/new", subscription_id=failing.id, missing=1).text
    assert "would be skipped" not in asked


def test_a_page_that_is_not_there_is_ours(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "This page does not exist" in response.text


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
