"""Notices by mail to owners and admins: never too many, and every failure is reported."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.mail.test_service import set_smtp
from tests.support.servers import free_port
from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.outcome import Outcome
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import mail_notices
from webhooks_app.models import Mail, Organisation, Subscription, SubscriptionHealth
from webhooks_app.notices.dashboard_notices import notify_failed
from webhooks_app.vocabulary import Failure


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    organisation = factories.organisation("Böhm & Söhne")
    for role in ("owner", "admin", "viewer"):
        factories.member(organisation, factories.user(f"{role}@example.com"), role)
    return organisation


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    return factories.webhook(organisation, "https://a.example", name="New leads")


def fail(webhook: Subscription, count: int) -> None:
    """Count it as the engine does."""
    failed = SubscriptionHealth.failed + count
    db.session.execute(
        update(SubscriptionHealth)
        .where(SubscriptionHealth.subscription_id == webhook.id)
        .values(failed=failed)
    )
    db.session.commit()


def mails() -> list[Mail]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_owners_and_admins_are_told_how_many_failed(webhook: Subscription) -> None:
    fail(webhook, 12)
    assert mail_notices.mail_due(db.session(), utcnow()) == 1
    assert {mail.recipient for mail in mails()} == {"admin@example.com", "owner@example.com"}
    mail = mails()[0]
    assert mail.subject == "New leads: 12 deliveries failed permanently"
    assert "12 deliveries failed. They were retried" in mail.text
    its = f"/o/{webhook.organisation_id}/live/webhooks/{webhook.id}"
    assert f"http://127.0.0.1:8000{its}" in mail.text
    assert "Böhm &amp; Söhne" in mail.html


def test_the_causes_and_the_way_to_recover_are_in_the_mail(
    organisation: Organisation, webhook: Subscription
) -> None:
    note_failures(webhook, 10, 401)
    note_failures(webhook, 2, None)
    fail(webhook, 12)
    mail_notices.mail_due(db.session(), utcnow())
    text = " ".join(mails()[0].text.split())
    first, second = text.index("answered 401"), text.index("timed out")
    assert first < second
    assert f"/replays/new?subscription_id={webhook.id}&window=7d&missing=1" in text


def note_failures(webhook: Subscription, count: int, status: int | None) -> None:
    failure = Failure.TIMEOUT if status is None else Failure.STATUS
    error = "It timed out" if status is None else f"The endpoint answered {status}"
    outcome = Outcome(failure, error, utcnow(), 0.1, status_code=status)
    failed = [(claimed_of(webhook), outcome)] * count
    with db.engine.begin() as connection:
        notify_failed(connection, failed, utcnow())


def claimed_of(webhook: Subscription) -> Claimed:
    return Claimed(
        delivery_id=new_id("msg"),
        subscription_id=webhook.id,
        number=4,
        failures=3,
        lost=False,
        revision=1,
        wire_format="standard",
        event_id="evt_1",
        event_type="lead.captured",
        occurred_at=utcnow(),
        organisation_id=webhook.organisation_id,
        subject_type=None,
        subject_id=None,
        data="{}",
    )


def test_it_is_quiet_for_an_hour_and_then_tells_what_failed_meanwhile(
    webhook: Subscription,
) -> None:
    now = utcnow()
    fail(webhook, 1)
    assert mail_notices.mail_due(db.session(), now) == 1
    fail(webhook, 3)
    assert mail_notices.mail_due(db.session(), now + timedelta(minutes=59)) == 0
    assert mail_notices.mail_due(db.session(), now + timedelta(minutes=61)) == 1
    assert mail_notices.mail_due(db.session(), now + timedelta(hours=5)) == 0
    first, last = mails()[0], mails()[-1]
    assert first.subject == "New leads: a delivery failed permanently"
    assert last.subject == "New leads: 3 deliveries failed permanently"
    assert "3 deliveries failed since " in last.text


def test_where_the_dashboard_is_enough_no_mail_is_sent_then_or_later(
    webhook: Subscription,
) -> None:
    now = utcnow()
    webhook.failure_mail = False
    fail(webhook, 5)
    assert mail_notices.mail_due(db.session(), now) == 0
    webhook.failure_mail = True
    db.session.commit()
    assert mail_notices.mail_due(db.session(), now + timedelta(hours=2)) == 0
    fail(webhook, 1)
    assert mail_notices.mail_due(db.session(), now + timedelta(hours=2)) == 1
    assert {mail.subject for mail in mails()} == {"New leads: a delivery failed permanently"}


def test_a_disabled_endpoint_is_told_once_with_its_reason(webhook: Subscription) -> None:
    webhook_id = webhook.id
    with db.engine.begin() as connection:
        disable(connection, [webhook_id], "The endpoint answered 410 Gone.")
    assert mail_notices.mail_due(db.session(), utcnow()) == 1
    assert mail_notices.mail_due(db.session(), utcnow()) == 0
    assert [mail.subject for mail in mails()] == ["New leads was switched off"] * 2
    assert "The endpoint answered 410 Gone." in mails()[0].text


def test_what_failed_is_told_with_what_disabled_it(webhook: Subscription) -> None:
    fail(webhook, 2)
    with db.engine.begin() as connection:
        disable(connection, [webhook.id], "The endpoint answered 410 Gone.")
    assert mail_notices.mail_due(db.session(), utcnow()) == 1
    assert mail_notices.mail_due(db.session(), utcnow()) == 0
    assert [mail.subject for mail in mails()] == ["New leads was switched off"] * 2
    assert "The endpoint answered 410 Gone. 2 deliveries failed. They were retried" in " ".join(
        mails()[0].text.split()
    )


def test_test_mode_says_so(organisation: Organisation) -> None:
    fail(factories.webhook(organisation, "https://a.example", mode="test"), 1)
    mail_notices.mail_due(db.session(), utcnow())
    assert mails()[0].subject.startswith("[Test mode] ")


@pytest.mark.parametrize("mode", ["live", "test"])
def test_its_links_lead_to_pages_of_its_own_place(
    app: Flask, organisation: Organisation, mode: str
) -> None:
    fail(factories.webhook(organisation, "https://a.example", mode=mode), 1)
    mail_notices.mail_due(db.session(), utcnow())
    links = re.findall(r'href="http://127\.0\.0\.1:8000([^"?]+)', mails()[0].html)
    adapter = app.url_map.bind("localhost")
    found = [adapter.match(link, "GET") for link in links]
    assert {endpoint for endpoint, _ in found} == {"webhooks.show", "replays.new"}
    assert {(to["organisation_id"], to["mode"]) for _, to in found} == {(organisation.id, mode)}


def test_of_what_was_deleted_nothing_is_told(webhook: Subscription) -> None:
    webhook.deleted_at = utcnow()
    db.session.commit()
    fail(webhook, 2)
    assert mail_notices.mail_due(db.session(), utcnow()) == 0


def test_they_wait_for_the_mail_server(app: Flask, webhook: Subscription) -> None:
    set_smtp(app, free_port())
    fail(webhook, 1)
    mail_notices.mail_due(db.session(), utcnow())
    assert {mail.status for mail in mails()} == {"pending"}
