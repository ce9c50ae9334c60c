"""A log-in from a new browser sends a mail."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.support.slices import finish
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Mail, User
from webhooks_app.people import sessions

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
UPDATED = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


@pytest.fixture
def user(app: Flask) -> User:
    return factories.user()


def log_in(user: User, ip: str = "203.0.113.7", agent: str = FIREFOX) -> str:
    return sessions.start(db.session(), user, ip, agent).id


def mails() -> list[Mail]:
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_the_first_is_no_news(user: User) -> None:
    log_in(user)
    assert mails() == []


@pytest.mark.parametrize(("ip", "agent"), [("198.51.100.9", FIREFOX), ("203.0.113.7", "curl/8")])
def test_another_browser_or_address_is(user: User, ip: str, agent: str) -> None:
    log_in(user)
    log_in(user, ip, agent)
    [mail] = mails()
    assert (mail.recipient, mail.template) == (user.email, "new_device")
    assert ip in mail.text
    assert agent in mail.text
    assert "http://127.0.0.1:8000/account/" in mail.text
    log_in(user, ip, agent)
    assert len(mails()) == 1


def test_an_update_of_the_browser_is_none(user: User) -> None:
    log_in(user)
    log_in(user, agent=UPDATED)
    assert mails() == []


def test_a_browser_that_logged_out_is_known_for_90_days(user: User) -> None:
    first, other = log_in(user), log_in(user, "198.51.100.9")
    sessions.revoke(db.session(), user, first)
    finish([sessions.ended(db.engine, utcnow())])
    log_in(user)
    assert len(mails()) == 1
    for row in db.session.query(sessions.UserSession):
        if row.id != other:
            row.last_seen_at = utcnow() - timedelta(days=91)
    db.session.commit()
    finish([sessions.ended(db.engine, utcnow())])
    log_in(user)
    assert len(mails()) == 2
