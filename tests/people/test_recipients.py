"""Addresses outside an organisation confirm once before they are mailed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.support.settings import change_settings
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.errors import Conflict, DailyLimit
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry, DailyCount, Mail, MailRecipient, Organisation
from webhooks_app.organisations import daily_limits
from webhooks_app.people import recipients
from webhooks_app.people.recipients import Consent

BOB = "bob@example.com"


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    organisation = factories.organisation()
    factories.member(organisation, factories.user("ada@example.com"), "viewer")
    return organisation


def ask(organisation: Organisation, *addresses: str) -> None:
    recipients.ask_new(db.session(), organisation.id, addresses, "New leads")
    db.session.commit()


def consent(organisation: Organisation, address: str = BOB) -> Consent:
    db.session.rollback()
    [found] = recipients.recipients_of(db.session(), organisation.id, [address]).values()
    return found.consent


def mailed() -> list[str]:
    db.session.rollback()
    return [mail.recipient for mail in db.session.query(Mail).order_by(Mail.id)]


def row_of(organisation: Organisation, address: str = BOB) -> MailRecipient:
    db.session.rollback()
    return db.session.get_one(MailRecipient, (organisation.id, address), populate_existing=True)


def long_ago() -> None:
    before = utcnow() - timedelta(hours=1)
    db.session.execute(update(MailRecipient).values(asked_at=before))
    db.session.commit()


def test_a_stranger_is_asked_once_and_a_member_never(organisation: Organisation) -> None:
    ask(organisation, "Ada@Example.com", "Bob@example.com", BOB)
    ask(organisation, BOB)
    assert mailed() == [BOB]
    assert consent(organisation, "ADA@example.com") is Consent.MEMBER
    assert consent(organisation) is Consent.WAITING
    entry = db.session.query(AuditEntry).one()
    assert (entry.action, entry.target_name) == ("recipient.asked", BOB)
    mail = db.session.query(Mail).one()
    assert "Acme wants to send e-mails to bob@example.com" in mail.text
    assert "New leads" in mail.text


def test_the_answer_holds_for_one_organisation(organisation: Organisation) -> None:
    other = factories.organisation("Other")
    ask(organisation, BOB)
    recipients.answer(db.session(), row_of(organisation), wants_mail=True)
    assert consent(organisation) is Consent.CONFIRMED
    assert consent(other) is Consent.WAITING
    ask(other, BOB)
    assert mailed() == [BOB, BOB]


def test_who_declined_is_not_asked_again(organisation: Organisation) -> None:
    ask(organisation, BOB)
    recipients.answer(db.session(), row_of(organisation), wants_mail=False)
    assert consent(organisation) is Consent.DECLINED
    ask(organisation, BOB)
    long_ago()
    with pytest.raises(Conflict, match="does not want"):
        recipients.ask_again(db.session(), organisation.id, BOB, "New leads")
    assert mailed() == [BOB]


def test_a_member_who_left_is_a_stranger(organisation: Organisation) -> None:
    other = factories.organisation("Other")
    assert consent(organisation, "ada@example.com") is Consent.MEMBER
    assert consent(other, "ada@example.com") is Consent.WAITING


def test_asking_again_has_an_end(organisation: Organisation) -> None:
    ask(organisation, BOB)
    with pytest.raises(Conflict, match="a moment ago"):
        recipients.ask_again(db.session(), organisation.id, BOB, "New leads")
    for _ in range(recipients.MOST_ASKED - 1):
        long_ago()
        recipients.ask_again(db.session(), organisation.id, BOB, "New leads")
    long_ago()
    with pytest.raises(Conflict, match="asked 5 times"):
        recipients.ask_again(db.session(), organisation.id, BOB, "New leads")
    assert mailed() == [BOB] * recipients.MOST_ASKED
    recipients.answer(db.session(), row_of(organisation), wants_mail=True)
    with pytest.raises(Conflict, match="gets these e-mails"):
        recipients.ask_again(db.session(), organisation.id, BOB, "New leads")


def test_an_address_that_was_never_asked_can_be(organisation: Organisation) -> None:
    """Make it the key of a member who left."""
    recipients.ask_again(db.session(), organisation.id, BOB, "New leads")
    assert mailed() == [BOB]


def test_new_addresses_are_counted_by_day_and_organisation(
    app: Flask, organisation: Organisation
) -> None:
    change_settings(app, new_addresses_per_day=3)
    ask(organisation, "a@example.com", "b@example.com")
    with pytest.raises(DailyLimit, match=r"3 confirmation mails .* a day"):
        ask(organisation, "c@example.com", "d@example.com")
    db.session.rollback()
    ask(organisation, "c@example.com")
    ask(organisation, "a@example.com")
    with pytest.raises(DailyLimit):
        ask(organisation, "d@example.com")
    db.session.rollback()
    ask(factories.organisation("Other"), "d@example.com")
    db.session.execute(update(DailyCount).values(day=utcnow().date() - timedelta(days=1)))
    db.session.commit()
    ask(organisation, "d@example.com")
    assert len(mailed()) == 5


def test_counts_of_past_days_are_deleted(organisation: Organisation) -> None:
    for days in (0, 2, 3):
        daily_limits.spend(db.session(), organisation.id, daily_limits.MAIL_TESTS)
        day = utcnow().date() - timedelta(days=days)
        today = DailyCount.day == utcnow().date()
        db.session.execute(update(DailyCount).where(today).values(day=day))
        db.session.commit()
    upkeep.delete_unusable()
    db.session.rollback()
    assert {(utcnow().date() - row.day).days for row in db.session.query(DailyCount)} == {2}


@pytest.mark.parametrize("what", daily_limits.NOUNS)
def test_each_limit_has_a_setting(app: Flask, organisation: Organisation, what: str) -> None:
    change_settings(app, **{f"{what}_per_day": 1})
    daily_limits.spend(db.session(), organisation.id, what)
    with pytest.raises(DailyLimit, match="after midnight UTC"):
        daily_limits.spend(db.session(), organisation.id, what)
    db.session.rollback()
