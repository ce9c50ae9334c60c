"""The cookies' flags over http and https, and what a copied cookie gives access to."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from tests import factories
from tests.web.conftest import PASSWORD, Person, token_in
from webhooks_app import create_app
from webhooks_app.config import Settings
from webhooks_app.extensions import db

SITE = "https://hooks.example.com"


def set_cookies(client: FlaskClient, url: str) -> dict[str, str]:
    """Each `Set-Cookie` of a log-in, by the name of the cookie."""
    token = token_in(client.get("/login", base_url=url).text)
    form = {"csrf_token": token, "email": "owner@example.com", "password": PASSWORD}
    answer = client.post("/login", data=form, base_url=url, headers={"Referer": f"{url}/login"})
    assert answer.status_code == 302
    return {one.partition("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}


@pytest.fixture
def user(app: Flask) -> None:
    factories.member(factories.organisation(), factories.user("owner@example.com", PASSWORD))


@pytest.mark.usefixtures("user")
def test_over_http_they_are_for_this_site_and_no_script(client: FlaskClient) -> None:
    cookies = set_cookies(client, "http://localhost")
    assert set(cookies) == {"session", "device"}
    for one in cookies.values():
        flags = {flag.strip() for flag in one.split(";")[1:]}
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= flags
        assert "Secure" not in flags
    assert "Strict-Transport-Security" not in client.get("/login").headers


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    "said", [{"public_url": SITE}, {"https": True, "trusted_hosts": ".example.com"}]
)
def test_over_https_they_are_bound_to_this_host(
    settings: Settings, said: dict[str, object]
) -> None:
    app = create_app(replace(settings, **said))
    try:
        client = app.test_client()
        cookies = set_cookies(client, SITE)
        assert set(cookies) == {"__Host-session", "__Host-device"}
        for one in cookies.values():
            flags = {flag.strip() for flag in one.split(";")[1:]}
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= flags
            assert not any(flag.startswith("Domain") for flag in flags)
        page = client.get("/account/", base_url=SITE)
        assert page.status_code == 200
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    finally:
        with app.app_context():
            db.engine.dispose()


def copy_of(app: Flask, person: Person) -> Person:
    cookie = person.client.get_cookie("session")
    assert cookie
    thief = Person(app.test_client())
    thief.client.set_cookie("session", cookie.value)
    return thief


def test_a_copied_cookie_dies_when_the_password_is_changed(app: Flask, owner: Person) -> None:
    thief = copy_of(app, owner)
    assert thief.get("/account/").status_code == 200
    new = "a better passphrase"
    owner.get("/account/")
    assert owner.post("/account/password", current=PASSWORD, new=new, again=new).status_code == 302
    assert thief.get("/account/").status_code == 302
    assert owner.get("/account/").status_code == 200


def test_a_secret_that_was_shown_is_not_shown_to_a_copy_of_the_cookie(
    app: Flask, owner: Person
) -> None:
    owner.get("/api-keys/")
    made = owner.post("/api-keys/", name="CRM").headers["Location"]
    thief = copy_of(app, owner)
    assert "hk_live_" in owner.get(made).text
    for again in (thief, owner):
        assert "hk_live_" not in again.get(made).text


def test_a_head_request_spends_no_secret(owner: Person) -> None:
    owner.get("/api-keys/")
    made = owner.post("/api-keys/", name="CRM").headers["Location"]
    assert owner.client.head(made).status_code == 200
    assert "hk_live_" in owner.get(made).text


def test_a_secret_is_shown_by_its_own_page_only_and_never_in_the_cookie(owner: Person) -> None:
    owner.get("/api-keys/")
    first = owner.post("/api-keys/", name="CRM").headers["Location"]
    with owner.client.session_transaction() as cookie:
        logged_in = {"session_id", "_user_id", "_fresh", "_id", "csrf_token", "_flashes"}
        assert set(cookie) <= logged_in | {"organisation", "mode"}
    second = owner.post("/api-keys/", name="ERP").headers["Location"]
    assert "hk_live_" not in owner.get(first).text
    assert "hk_live_" in owner.get(second).text
