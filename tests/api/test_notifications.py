"""Notifications by key: a key marks them as read for every member."""

from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api
from webhooks_app.extensions import db
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import NotificationRead, Organisation
from webhooks_app.notices import notifications


def ids(api: Api, **query: object) -> list[str]:
    return [one["id"] for one in api.get("/notifications", **query).get_json()["data"]]


def test_they_are_listed_newest_first_in_pages(api: Api, organisation: Organisation) -> None:
    made = [factories.notification(organisation, title=f"N{n}").id for n in range(3)]
    factories.notification(organisation, mode="test")
    assert ids(api) == made[::-1]
    page = api.get("/notifications", limit=2).get_json()
    assert ids(api, cursor=page["next_cursor"]) == made[:1]


def test_one_stays_unread_until_every_member_has_read_it(
    api: Api, organisation: Organisation
) -> None:
    people = [factories.user(f"{n}@example.com") for n in range(2)]
    users = [factories.member(organisation, one, "viewer").user_id for one in people]
    first, second = (factories.notification(organisation).id for _ in range(2))
    tenant = Tenant(organisation.id, "live")
    notifications.read_one(db.session(), tenant, users[0], first)
    assert ids(api, unread="true") == [second, first]
    assert api.post(f"/notifications/{first}/read").get_json()["unread"] is False
    assert ids(api, unread="true") == [second]
    assert ids(api, unread="false") == [second, first]
    readers = db.session.scalars(select(NotificationRead.user_id)).all()
    assert sorted(readers) == sorted(users)
    assert [notifications.unread(db.session(), tenant, one) for one in users] == [1, 1]
    assert api.post("/notifications/read").status_code == 204
    assert [notifications.unread(db.session(), tenant, one) for one in users] == [0, 0]


def test_others_and_the_other_mode_find_and_mark_nothing(
    api: Api, test_mode: Api, outsider: Api, organisation: Organisation
) -> None:
    user = factories.user()
    factories.member(organisation, user)
    one = factories.notification(organisation).id
    for other in (test_mode, outsider):
        assert ids(other) == []
        assert other.post(f"/notifications/{one}/read").status_code == 404
        assert other.post("/notifications/read").status_code == 204
    assert ids(api, unread="true") == [one]
