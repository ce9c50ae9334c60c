"""The bell: notifications, with each member's own read marks."""

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update

from tests import factories
from tests.mail.test_mail_notices import claimed_of
from tests.web.conftest import Person
from webhooks_app.channels.outcome import Outcome
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Notification, NotificationRead, Organisation, Subscription, User
from webhooks_app.notices.dashboard_notices import (
    NOTIFICATIONS,
    NoticeOf,
    notify,
    notify_failed,
)
from webhooks_app.people import accounts
from webhooks_app.vocabulary import Failure, Role

URL = "https://receiver.example/hook"


def tell(organisation: Organisation, title: str, mode: str = "live", days_ago: int = 0) -> None:
    about = NoticeOf(organisation.id, mode, factories.webhook(organisation, URL, mode=mode).id)
    at = utcnow() - timedelta(days=days_ago)
    with db.engine.begin() as connection:
        notify(connection, about, "endpoint_disabled", title, "Why", at)
        if days_ago:
            its = NOTIFICATIONS.c.title == title
            id_ = floor_id("ntf", at.timestamp())
            connection.execute(update(NOTIFICATIONS).where(its).values(id=id_))


def bell(person: Person) -> int:
    said = re.search(r"Notifications, (\d+) unread", person.get("/notifications/").text)
    return int(said[1]) if said else 0


def test_the_bell_counts_and_is_read(owner: Person, organisation: Organisation) -> None:
    tell(organisation, "A webhook was disabled")
    tell(organisation, "Of the other mode", mode="test")
    assert bell(owner) == 1
    for _ in range(2):
        assert owner.post("/notifications/read").status_code == 302
        page = owner.get("/notifications/").text
        assert not re.search(r"Notifications <span", page)
        assert "A webhook was disabled" in page
    owner.go_to("test")
    assert bell(owner) == 1


def test_one_notification_is_read_and_the_others_are_not(
    owner: Person, organisation: Organisation
) -> None:
    tell(organisation, "First")
    tell(organisation, "Second")
    page = owner.get("/notifications/").text
    [_, first] = re.findall(r'action="(/notifications/ntf_[^"]+/read)"', page)
    for _ in range(2):
        assert owner.post(first).status_code == 302
    assert bell(owner) == 1
    assert first not in owner.get("/notifications/").text
    owner.go_to("test")
    assert owner.post(first).status_code == 404


def test_each_member_reads_for_themselves(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", organisation)
    tell(organisation, "First")
    tell(organisation, "Second")
    page = viewer.get("/notifications/").text
    viewer.post(re.findall(r'action="(/notifications/ntf_[^"]+/read)"', page)[0])
    assert (bell(owner), bell(viewer)) == (2, 1)
    owner.post("/notifications/read")
    assert (bell(owner), bell(viewer)) == (0, 1)


def test_what_was_told_before_they_came_is_no_news_to_a_new_member(
    organisation: Organisation, person: Callable[..., Person]
) -> None:
    late = person("viewer", factories.organisation("Elsewhere"))
    tell(organisation, "Long ago")
    session = db.session()
    user = session.query(User).filter_by(email="viewer@people.example").one()
    accounts.join(session, session.merge(organisation), user, Role.VIEWER)
    late.get(f"/o/{organisation.id}/live/")
    assert "Long ago" in late.get("/notifications/").text
    assert bell(late) == 0
    tell(organisation, "Today")
    assert bell(late) == 1


def failed(
    webhook: Subscription, count: int, failure: Failure, code: int | None, hours_ago: float = 0
) -> None:
    at = utcnow() - timedelta(hours=hours_ago)
    outcome = Outcome(failure, f"It failed with {code}", at, 0.1, status_code=code)
    with db.engine.begin() as connection:
        notify_failed(connection, [(claimed_of(webhook), outcome)] * count, at)


def test_a_storm_is_one_notice_per_endpoint_and_cause(
    owner: Person, organisation: Organisation
) -> None:
    """Also when several engines report it, one batch after another."""
    crm = factories.webhook(organisation, URL, name="CRM")
    other = factories.webhook(organisation, URL, name="Other")
    for _ in range(3):
        failed(crm, 10, Failure.STATUS, 401)
    failed(crm, 2, Failure.DNS, None)
    failed(other, 1, Failure.STATUS, 401)
    page = owner.get("/notifications/").text
    assert bell(owner) == 3
    assert "CRM: 30 deliveries failed permanently" in page
    assert "CRM: 2 deliveries failed permanently" in page
    assert "Other: 1 delivery failed permanently" in page
    assert "The receiver does not accept the credentials (401)." in page
    assert "The name of the host cannot be resolved." in page
    assert "Last error: It failed with 401" in page
    recover = f"/replays/new?subscription_id={crm.id}&amp;window=7d&amp;missing=1"
    assert recover in page


def test_what_was_read_is_new_again_after_a_quiet_hour(
    owner: Person, organisation: Organisation
) -> None:
    crm = factories.webhook(organisation, URL, name="CRM")
    failed(crm, 1, Failure.STATUS, 500)
    owner.get("/notifications/")
    owner.post("/notifications/read")
    failed(crm, 1, Failure.STATUS, 500)
    assert bell(owner) == 0
    with db.engine.begin() as connection:
        connection.execute(update(NOTIFICATIONS).values(last_at=utcnow() - timedelta(hours=2)))
    failed(crm, 1, Failure.STATUS, 500)
    assert bell(owner) == 1
    assert "CRM: 3 deliveries" in owner.get("/notifications/").text


def test_viewers_and_the_deleted_get_no_button(
    organisation: Organisation, person: Callable[..., Person]
) -> None:
    crm = factories.webhook(organisation, URL, name="CRM")
    failed(crm, 1, Failure.STATUS, 500)
    viewer = person("viewer", organisation)
    page = viewer.get("/notifications/").text
    assert "Recover</a>" not in page
    assert "View webhook" in page
    crm.deleted_at = utcnow()
    db.session.commit()
    page = viewer.get("/notifications/").text
    assert "CRM: 1 delivery failed permanently" in page
    assert "View webhook" not in page


def test_without_a_mail_server_it_says_where_mails_are(owner: Person) -> None:
    assert "kept in the outbox here" in owner.get("/notifications/").text


def test_old_ones_are_deleted_with_who_read_them(owner: Person, organisation: Organisation) -> None:
    tell(organisation, "Old", days_ago=91)
    tell(organisation, "New")
    owner.get("/notifications/")
    owner.post("/notifications/read")
    assert db.session.query(NotificationRead).count() == 2
    db.session.rollback()
    upkeep.delete_expired()
    assert [note.title for note in db.session.query(Notification)] == ["New"]
    assert db.session.query(NotificationRead).count() == 1


def test_a_plan_that_keeps_less_keeps_less_of_them(owner: Person) -> None:
    others = factories.organisation("Others")
    own = db.session.query(Organisation).filter_by(name="Acme").one()
    own.plan = "starter"
    db.session.commit()
    for organisation in (own, others):
        tell(organisation, f"Old, of {organisation.name}", days_ago=31)
    upkeep.delete_expired()
    assert [note.title for note in db.session.query(Notification)] == ["Old, of Others"]


def test_the_bell_opens_them_in_the_drawer(owner: Person, organisation: Organisation) -> None:
    note = factories.notification(organisation)
    headers = {"HX-Request": "true"}
    shown = owner.client.get("/notifications/", headers=headers).text
    assert shown.lstrip().startswith('<div id="notices">')
    assert "<h2>Notifications</h2>" in shown
    form = {"csrf_token": owner.token}
    answer = owner.client.post(f"/notifications/{note.id}/read", data=form, headers=headers).text
    assert "Mark as read" not in answer
    assert 'id="bell" hx-swap-oob="true"' in answer
    assert 'aria-label="Notifications"' in answer
