"""Owners and admins get one warning before a key expires."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Mail, Notification, Organisation
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.people import api_keys, key_expiry

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    organisation = factories.organisation()
    for role in ("owner", "admin", "viewer"):
        factories.member(organisation, factories.user(f"{role}@example.com"), role)
    return organisation


def key_of(organisation: Organisation, life: timedelta, left: timedelta) -> None:
    """A key with a lifetime of `life`, of which that much is left."""
    now = utcnow()
    expires_at = now + left
    factories.api_key(
        organisation, "test", name="Backend", created_at=expires_at - life, expires_at=expires_at
    )


def warned(at: datetime | None = None) -> int:
    db.session.rollback()
    return key_expiry.warn(db.session(), at or utcnow())


def test_owners_and_admins_hear_of_it_once_in_the_dashboard_and_by_mail(
    organisation: Organisation,
) -> None:
    organisation.time_zone = "Europe/Berlin"
    key_of(organisation, 365 * DAY, 6 * DAY)
    assert warned() == 1
    assert warned() == 0
    note = db.session.query(Notification).one()
    key = db.session.query(ApiKey).one()
    assert (note.title, note.mode) == ("The API key Backend expires soon", "test")
    assert f"…{key.hint} expires on" in note.body
    assert " CE" in note.body
    mails = db.session.query(Mail).order_by(Mail.recipient).all()
    assert [mail.recipient for mail in mails] == ["admin@example.com", "owner@example.com"]
    assert mails[0].subject == "[Test mode] The API key Backend expires soon"
    assert f"/o/{key.organisation_id}/{key.mode}/api-keys/{key.id}" in mails[0].text
    assert note.body in mails[0].text


@pytest.mark.parametrize(
    ("life", "left", "due"),
    [
        (365 * DAY, 8 * DAY, 0),
        (365 * DAY, 7 * DAY - HOUR, 1),
        (8 * DAY, 3 * DAY, 0),
        (8 * DAY, 2 * DAY - HOUR, 1),
        (365 * DAY, -HOUR, 0),
    ],
)
def test_it_is_soon_in_the_last_week_or_the_last_quarter(
    organisation: Organisation, life: timedelta, left: timedelta, due: int
) -> None:
    key_of(organisation, life, left)
    assert warned() == due


def test_nobody_is_warned_of_a_key_that_was_rotated_or_revoked(organisation: Organisation) -> None:
    for _ in range(2):
        key_of(organisation, 30 * DAY, 6 * DAY)
    first, second = db.session.query(ApiKey).all()
    api_keys.rotate(db.session(), first, DAY)
    api_keys.revoke(db.session(), second)
    assert warned() == 0


def test_a_periodic_job_does_it(organisation: Organisation) -> None:
    assert "webhooks_app.jobs.upkeep.warn_of_expiring_keys" in [one.job for one in PERIODIC]
    key_of(organisation, 30 * DAY, 6 * DAY)
    upkeep.warn_of_expiring_keys()
    assert db.session.query(Notification).count() == 1
