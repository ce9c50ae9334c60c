"""Passkeys: created for this site and person, valid once for each challenge."""

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from tests.support.authenticator import Authenticator
from tests.web.conftest import PASSWORD, Person
from webhooks_app.config import read_settings
from webhooks_app.extensions import db
from webhooks_app.models import Passkey, User
from webhooks_app.people import passkeys, second_factor
from webhooks_app.people.passkeys import BadPasskey, site_of

HOME = "/account/second-factor/"
HERE = "http://localhost:8000"
OWNER = "owner@people.example"


def options(browser: Person, purpose: str) -> dict[str, Any]:
    answer = browser.post("/passkeys/options", purpose=purpose)
    assert answer.status_code == 200
    return dict(json.loads(answer.text))


def add(person: Person, device: Authenticator, **more: Any) -> int:
    person.get(f"{HOME}passkeys/new")
    answer = device.register(options(person, "register"), **more)
    return person.post(f"{HOME}passkeys", name="Laptop", passkey=answer).status_code


def password_given(app: Flask) -> Person:
    browser = Person(app.test_client())
    browser.get("/login")
    browser.post("/login", email=OWNER, password=PASSWORD)
    assert browser.get("/login/second-factor/").status_code == 200
    return browser


def logged_in(browser: Person) -> bool:
    return browser.get("/account/").status_code == 200


@pytest.fixture
def device(owner: Person) -> Authenticator:
    """An authenticator with the owner's passkey."""
    made = Authenticator(HERE)
    assert add(owner, made) == 302
    return made


def test_a_passkey_is_the_second_factor(app: Flask, device: Authenticator) -> None:
    browser = password_given(app)
    answer = device.sign(options(browser, "prove"))
    assert browser.post("/login/second-factor/", passkey=answer).status_code == 302
    assert logged_in(browser)


def test_it_logs_in_alone_when_the_device_has_verified_the_person(
    app: Flask, device: Authenticator
) -> None:
    for verifies, status in ((False, 422), (True, 302)):
        browser = Person(app.test_client())
        browser.get("/login")
        device.verifies = verifies
        answer = device.sign(options(browser, "log in"))
        assert browser.post("/login/passkey", passkey=answer).status_code == status
        assert logged_in(browser) is verifies


def test_what_was_signed_works_once(app: Flask, device: Authenticator) -> None:
    browser, thief = password_given(app), password_given(app)
    answer = device.sign(options(browser, "prove"))
    options(thief, "prove")
    assert browser.post("/login/second-factor/", passkey=answer).status_code == 302
    assert thief.post("/login/second-factor/", passkey=answer).status_code == 422
    assert not logged_in(thief)


def test_what_another_site_was_given_is_worth_nothing(app: Flask, device: Authenticator) -> None:
    browser = password_given(app)
    asked = options(browser, "prove")
    answer = device.sign(asked, origin="https://evil.example")
    assert browser.post("/login/second-factor/", passkey=answer).status_code == 422
    asked = options(browser, "prove") | {"rpId": "evil.example"}
    assert browser.post("/login/second-factor/", passkey=device.sign(asked)).status_code == 422
    assert not logged_in(browser)


def test_a_challenge_serves_its_purpose_only(app: Flask, device: Authenticator) -> None:
    browser = password_given(app)
    answer = device.sign(options(browser, "log in"))
    assert browser.post("/login/second-factor/", passkey=answer).status_code == 422
    assert not logged_in(browser)


def test_the_passkey_of_another_person_is_not_mine(
    app: Flask, owner: Person, device: Authenticator
) -> None:
    factories.user("other@people.example", PASSWORD)
    other = Person(app.test_client()).log_in("other@people.example")
    theirs = Authenticator(HERE)
    assert add(other, theirs) == 302
    browser = password_given(app)
    answer = theirs.sign(options(browser, "prove"))
    assert browser.post("/login/second-factor/", passkey=answer).status_code == 422
    assert not logged_in(browser)


def test_a_copied_passkey_is_noticed_by_its_count(app: Flask, device: Authenticator) -> None:
    browser = password_given(app)
    browser.post("/login/second-factor/", passkey=device.sign(options(browser, "prove")))
    device.count = 0
    thief = password_given(app)
    answer = device.sign(options(thief, "prove"))
    assert thief.post("/login/second-factor/", passkey=answer).status_code == 422


def test_it_is_made_at_this_site_only_and_not_twice(
    app: Flask, owner: Person, device: Authenticator
) -> None:
    assert add(owner, Authenticator(HERE), origin="https://evil.example") == 422
    assert add(owner, Authenticator(HERE, id=device.id)) == 422
    asked = options(owner, "register")
    assert len(asked["excludeCredentials"]) == 1
    assert len(db.session.scalars(select(Passkey)).all()) == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\nb"])
def test_a_name_that_no_page_could_show_is_refused(owner: Person, name: str) -> None:
    owner.get(f"{HOME}passkeys/new")
    answer = Authenticator(HERE).register(options(owner, "register"))
    assert owner.post(f"{HOME}passkeys", name=name, passkey=answer).status_code == 422
    db.session.rollback()
    assert db.session.scalars(select(Passkey)).all() == []


def test_it_is_removed_by_its_person_only(app: Flask, owner: Person, device: Authenticator) -> None:
    mine = db.session.scalars(select(Passkey)).one()
    factories.user("other@people.example", PASSWORD)
    other = Person(app.test_client()).log_in("other@people.example")
    other.get("/account/")
    assert other.post(f"{HOME}passkeys/{mine.id}/remove").status_code == 404
    owner.get(f"{HOME}passkeys/{mine.id}/remove")
    assert owner.post(f"{HOME}passkeys/{mine.id}/remove").status_code == 302
    db.session.rollback()
    assert db.session.scalars(select(Passkey)).all() == []


def test_there_are_twenty_at_most(app: Flask, owner: Person) -> None:
    user = db.session.scalars(select(User).where(User.email == OWNER)).one()
    for _ in range(passkeys.MOST):
        factories.passkey(user)
    assert add(owner, Authenticator(HERE)) == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary().map(bytes.hex),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ANSWER = (
    st.text()
    | JSON.map(json.dumps)
    | st.builds(
        lambda id_, parts: json.dumps(
            {"id": id_, "rawId": id_, "type": "public-key", "response": parts}
        ),
        st.text() | st.just("AAAA"),
        st.dictionaries(
            st.sampled_from(
                ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]
            ),
            st.text(alphabet="AB-_=é") | JSON,
        ),
    )
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answer=ANSWER)
def test_nothing_that_a_browser_sends_ends_in_a_fault_of_ours(app: Flask, answer: str) -> None:
    site = passkeys.RelyingParty("localhost", HERE, "Hookline")
    user = User(id="usr_1", email="a@b.example")
    with pytest.raises(BadPasskey):
        passkeys.registered(site, user, "x", answer, b"challenge")
    with pytest.raises(BadPasskey):
        passkeys.prove(db.session(), site, answer, b"challenge")
    db.session.rollback()


@pytest.mark.parametrize("depth", [1_000, 200_000])
def test_deep_answers_are_refused(app: Flask, owner: Person, depth: int) -> None:
    site = passkeys.RelyingParty("localhost", HERE, "Hookline")
    with pytest.raises(BadPasskey):
        passkeys.prove(db.session(), site, "[" * depth, b"challenge")


@pytest.mark.parametrize(
    ("environ", "host", "origin"),
    [
        ({}, "localhost", "http://localhost:8000"),
        (
            {"PUBLIC_URL": "https://hooks.example.com"},
            "hooks.example.com",
            "https://hooks.example.com",
        ),
        ({"PUBLIC_URL": "https://h.example:8443/"}, "h.example", "https://h.example:8443"),
        ({"PUBLIC_URL": "http://hooks.example.com"}, None, None),
        ({"PUBLIC_URL": "https://203.0.113.7"}, None, None),
        ({"HOST": "203.0.113.7"}, None, None),
    ],
)
def test_they_are_bound_to_where_people_reach_the_site(
    tmp_path: Any, environ: dict[str, str], host: str | None, origin: str | None
) -> None:
    site = site_of(read_settings({"DATA_DIR": str(tmp_path), **environ}))
    assert (site and site.host, site and site.origin) == (host, origin)


def test_two_of_the_same_id_are_refused_by_the_database_too(app: Flask, owner: Person) -> None:
    user = db.session.scalars(select(User).where(User.email == OWNER)).one()
    kept = factories.passkey(user)
    copy = Passkey(
        id="pky_copy",
        user_id=user.id,
        name="Copy",
        credential_id=kept.credential_id,
        public_key=b"x",
        sign_count=0,
        created_at=kept.created_at,
    )
    with pytest.raises(BadPasskey):
        second_factor.add_passkey(db.session(), user, copy)
