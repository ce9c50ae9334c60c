"""The bell: notifications, with each member's own read marks."""

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Notification, NotificationRead, Organisation, User
from webhooks_app.notices.dashboard_notices import NOTIFICATIONS, NoticeOf, notify
from webhooks_app.people import accounts
from webhooks_app.vocabulary import Role

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
    owner.post("/mode", mode="test")
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
    owner.post("/mode", mode="test")
    owner.get("/")
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
    late.get("/")
    late.post(f"/organisations/{organisation.id}/switch")
    assert "Long ago" in late.get("/notifications/").text
    assert bell(late) == 0
    tell(organisation, "Today")
    assert bell(late) == 1


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
