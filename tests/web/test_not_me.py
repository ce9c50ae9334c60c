"""A mail about a change has a link that stops a stranger who uses the account."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.web.conftest import PASSWORD, Person, mailed_link
from webhooks_app.extensions import db
from webhooks_app.models import Mail, Organisation
from webhooks_app.people import alarms

NEW = "a better passphrase"
OWNER = "owner@example.com"


def changed_by_a_thief(app: Flask) -> tuple[Person, str]:
    """Someone who knows the password changes it; returns the link in the owner's mail."""
    thief = Person(app.test_client()).log_in(OWNER)
    thief.get("/account/")
    assert thief.post("/account/password", current=PASSWORD, new=NEW, again=NEW).status_code == 302
    return thief, mailed_link()


def test_the_link_asks_first_then_ends_all_sessions_and_leads_to_a_new_password(
    app: Flask, organisation: Organisation
) -> None:
    thief, link = changed_by_a_thief(app)
    owner = Person(app.test_client())
    assert OWNER in owner.get(link).text
    assert thief.get("/account/").status_code == 200
    answer = owner.post(link)
    assert thief.get("/account/").status_code == 302
    reset = answer.headers["Location"]
    assert reset.startswith("/password/reset/")
    owner.get(reset)
    mine = "mine and only mine"
    assert owner.post(reset, new=mine, again=mine).status_code == 302
    owner.get("/login")
    assert owner.post("/login", email=OWNER, password=mine).status_code == 302


def test_the_link_dies_with_the_next_password(app: Flask, organisation: Organisation) -> None:
    _, first = changed_by_a_thief(app)
    owner = Person(app.test_client())
    owner.get(first)
    reset = owner.post(first).headers["Location"]
    owner.get(reset)
    owner.post(reset, new="mine and only mine", again="mine and only mine")
    assert owner.get(first).status_code == 404
    assert owner.post(first).status_code == 404


def test_the_link_is_good_for_three_days(
    app: Flask, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, link = changed_by_a_thief(app)
    owner = Person(app.test_client())
    assert owner.get(link).status_code == 200
    monkeypatch.setattr(alarms, "VALID", timedelta(seconds=-1))
    assert owner.get(link).status_code == 404
    assert owner.post(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "WyJ1c3JfMSIsIngiXQ.a.b", "WyJ1c3JfMSIsIngiXQ"])
def test_a_link_that_is_not_ours_is_not_valid(app: Flask, token: str) -> None:
    stranger = Person(app.test_client())
    page = stranger.get(f"/account/not-me/{token}")
    assert page.status_code == 404
    assert "no longer valid" in page.text


def test_each_mail_about_an_account_has_the_link(app: Flask, organisation: Organisation) -> None:
    changed_by_a_thief(app)
    other = Person(app.test_client())
    other.client.environ_base["REMOTE_ADDR"] = "203.0.113.8"
    other.get("/login")
    assert other.post("/login", email=OWNER, password=NEW).status_code == 302
    db.session.rollback()
    mails = db.session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [mail.template for mail in mails] == ["password_changed", "new_device"]
    for mail in mails:
        assert "/account/not-me/" in mail.text
        assert "/account/not-me/" in mail.html
