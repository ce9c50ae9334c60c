"""Members: who may give which role to whom, and that an owner always remains."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.support.servers import PATIENCE
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.models import Membership, Organisation, User
from webhooks_app.people import members
from webhooks_app.vocabulary import Role


@pytest.fixture
def alone(app: Flask, person: Callable[..., Person]) -> Person:
    """The only owner of Acme."""
    return person("owner", factories.organisation("Acme"))


def acme() -> Organisation:
    return db.session.scalars(select(Organisation).filter_by(name="Acme")).one()


def add(email: str, role: str) -> str:
    user = factories.user(email)
    factories.member(acme(), user, role)
    return user.id


def roles() -> dict[str, str]:
    db.session.rollback()
    rows = db.session.execute(
        select(User.email, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == acme().id)
    )
    return {row.email.partition("@")[0]: row.role for row in rows}


def id_of(name: str) -> str:
    return str(db.session.scalar(select(User.id).where(User.email.startswith(name))))


def test_all_members_are_listed_for_all(alone: Person, person: Callable[..., Person]) -> None:
    viewer = person("viewer", acme())
    for one in (alone, viewer):
        page = one.get("/members/").text
        assert "owner@people.example" in page
        assert "viewer@people.example" in page
    assert 'name="role"' not in viewer.get("/members/").text
    assert 'name="role"' in alone.get("/members/").text


def test_an_owner_changes_roles(alone: Person) -> None:
    ada = add("ada@people.example", "viewer")
    assert alone.post(f"/members/{ada}/role", role="owner").status_code == 302
    assert roles() == {"owner": "owner", "ada": "owner"}
    assert alone.post(f"/members/{ada}/role", role="king").status_code == 400


def test_an_admin_changes_no_roles(alone: Person, person: Callable[..., Person]) -> None:
    ada = add("ada@people.example", "viewer")
    admin = person("admin", acme())
    assert admin.post(f"/members/{ada}/role", role="admin").status_code == 403
    assert admin.post(f"/members/{id_of('admin')}/role", role="owner").status_code == 403
    assert roles() == {"owner": "owner", "ada": "viewer", "admin": "admin"}


def test_an_admin_removes_viewers_and_admins_but_no_owner(
    alone: Person, person: Callable[..., Person]
) -> None:
    admin = person("admin", acme())
    for name, role, status in (("v", "viewer", 302), ("a", "admin", 302), ("o", "owner", 403)):
        path = f"/members/{add(f'{name}@people.example', role)}/remove"
        assert admin.get(path).status_code == (200 if status == 302 else 403)
        assert admin.post(path).status_code == status
    assert roles() == {"owner": "owner", "admin": "admin", "o": "owner"}


def test_who_is_removed_sees_nothing_at_once(alone: Person, person: Callable[..., Person]) -> None:
    viewer = person("viewer", acme())
    assert viewer.get("/webhooks/").status_code == 200
    assert alone.post(f"/members/{id_of('viewer')}/remove").status_code == 302
    assert viewer.get("/webhooks/").status_code == 404


def test_the_last_owner_stays(alone: Person) -> None:
    add("ada@people.example", "admin")
    me = id_of("owner")
    answers = [
        alone.post(f"/members/{me}/role", role="viewer"),
        alone.post(f"/members/{me}/remove"),
        alone.post("/members/leave"),
    ]
    assert [answer.status_code for answer in answers] == [409] * 3
    assert "needs an owner" in answers[0].text
    assert roles() == {"owner": "owner", "ada": "admin"}
    assert alone.post(f"/members/{me}/role", role="owner").status_code == 302


def test_leaving_asks_first_and_then_the_next_organisation_is_shown(
    alone: Person, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", acme())
    assert "Leave Acme?" in viewer.get("/members/leave").text
    assert "viewer" in roles()
    assert viewer.post("/members/leave").status_code == 302
    assert "viewer" not in roles()
    viewer.client.is_short = False  # type: ignore[attr-defined]
    assert "not a member of any" in viewer.get("/").text


def test_members_of_others_are_not_found(alone: Person, person: Callable[..., Person]) -> None:
    person("outsider")
    theirs = id_of("outsider")
    assert alone.get(f"/members/{theirs}/remove").status_code == 404
    assert alone.post(f"/members/{theirs}/remove").status_code == 404
    assert alone.post(f"/members/{theirs}/role", role="viewer").status_code == 404


def test_of_two_owners_who_remove_each_other_at_once_one_stays(app: Flask, alone: Person) -> None:
    ada, owner = add("ada@people.example", "owner"), id_of("owner")
    organisation_id = acme().id
    db.session.rollback()
    refused: list[type[Exception]] = []
    both_have_read = Barrier(2, timeout=PATIENCE)

    def remove(user_id: str) -> None:
        with app.app_context():
            membership = members.find_member(db.session(), organisation_id, user_id)
            db.session.commit()
            both_have_read.wait()
            try:
                members.remove(db.session(), membership)
            except Conflict as error:
                refused.append(type(error))
            db.session.remove()

    threads = [Thread(target=remove, args=(user_id,)) for user_id in (ada, owner)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [Conflict]
    assert list(roles().values()) == [Role.OWNER]
