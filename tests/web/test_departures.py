"""A removed member leaves nothing open: their invitations end, and their keys can be revoked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.web.conftest import Person, mailed_link
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, AuditEntry, Invitation, Membership, Organisation, User

NEW = {"name": "Eve", "new": "a good passphrase", "again": "a good passphrase"}


@pytest.fixture
def admin(organisation: Organisation, person: Callable[..., Person]) -> Person:
    return person("admin", organisation)


def id_of(name: str) -> str:
    db.session.rollback()
    found = db.session.scalar(select(User.id).where(User.email == f"{name}@people.example"))
    assert found
    return found


def invited_by(who: Person, email: str, role: str = "admin") -> str:
    """The link of an invitation."""
    who.get("/members/")
    assert who.post("/members/invitations", email=email, role=role).status_code == 302
    return mailed_link()


def made_by(who: Person, name: str) -> str:
    """The id of a key."""
    who.get("/api-keys/")
    assert who.post("/api-keys/", name=name).status_code == 302
    db.session.rollback()
    return db.session.scalars(select(ApiKey.id).where(ApiKey.name == name)).one()


def revoked() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(ApiKey.name).where(ApiKey.revoked_at.is_not(None))))


def joins(app: Flask, link: str) -> bool:
    visitor = Person(app.test_client())
    visitor.get("/login")
    return visitor.post(f"{link}/join", **NEW).status_code == 302


def invitations() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(Invitation.email)))


def test_who_is_removed_leaves_no_invitation(app: Flask, owner: Person, admin: Person) -> None:
    """An admin invites their own second address and is removed, as an auditor tried."""
    link = invited_by(admin, "second@people.example")
    other = invited_by(owner, "other@people.example")
    path = f"/members/{id_of('admin')}/remove"
    assert "second@people.example, as admin" in owner.get(path).text
    assert owner.post(path).status_code == 302
    assert Person(app.test_client()).get(link).status_code == 404
    assert not joins(app, link)
    assert invitations() == {"other@people.example"}
    entry = db.session.query(AuditEntry).filter_by(action="invitation.revoked").one()
    assert (entry.actor, entry.target_name) == ("owner@people.example", "second@people.example")
    assert joins(app, other)


@pytest.mark.parametrize(
    ("role", "left"),
    [
        ("admin", {"a@people.example", "v@people.example"}),
        ("viewer", set()),
        ("owner", {"o@people.example", "a@people.example", "v@people.example"}),
    ],
)
def test_a_lesser_role_ends_what_it_may_not_invite(
    owner: Person,
    organisation: Organisation,
    role: str,
    left: set[str],
) -> None:
    factories.member(organisation, factories.user("ada@people.example", "correct horse battery"))
    ada = Person(owner.client.application.test_client()).log_in("ada@people.example")
    for address, invited in (("o", "owner"), ("a", "admin"), ("v", "viewer")):
        invited_by(ada, f"{address}@people.example", invited)
    path = f"/members/{id_of('ada')}/role"
    asked = owner.post(path, role=role)
    if role != "owner":
        assert asked.location == f"{path}?role={role}"
        assert "These invitations end" in owner.get(asked.location).text
        assert len(invitations()) == 3
        assert owner.post(path, role=role, confirmed="1").location == "/members/"
    assert invitations() == left


def test_who_leaves_leaves_no_invitation(app: Flask, owner: Person, admin: Person) -> None:
    link = invited_by(admin, "second@people.example")
    admin.post("/members/leave")
    assert not joins(app, link)


@pytest.mark.parametrize("change", ["removed", "demoted"])
def test_an_invitation_works_only_while_whoever_made_it_may_make_it(
    app: Flask, owner: Person, admin: Person, change: str
) -> None:
    """Even if their rights end in a way that ends no invitations."""
    link = invited_by(admin, "second@people.example")
    of_admin = Membership.user_id == id_of("admin")
    if change == "removed":
        db.session.query(Membership).filter(of_admin).delete()
    else:
        db.session.execute(update(Membership).where(of_admin).values(role="viewer"))
    db.session.commit()
    assert Person(app.test_client()).get(link).status_code == 404
    assert not joins(app, link)
    page = owner.get("/members/").text
    assert "ended</span>" in page
    [invitation_id] = db.session.scalars(select(Invitation.id))
    owner.post(f"/members/invitations/{invitation_id}/resend")
    assert joins(app, mailed_link())


def test_keys_they_made_are_listed_and_revoked_where_ticked(
    owner: Person, admin: Person, organisation: Organisation
) -> None:
    used, unused = made_by(admin, "Used"), made_by(admin, "Unused")
    admin.go_to("test")
    in_test = made_by(admin, "Testing")
    made_by(owner, "The owner's")
    db.session.execute(update(ApiKey).where(ApiKey.id == used).values(last_used_at=utcnow()))
    db.session.commit()
    path = f"/members/{id_of('admin')}/remove"
    page = owner.get(path).text
    assert f'value="{used}">' in page
    assert f'value="{unused}" checked>' in page
    assert f'value="{in_test}" checked>' in page
    assert "The owner" not in page.partition("<fieldset>")[2].partition("</fieldset>")[0]
    owner.post(path, key_id=[unused, in_test])
    assert revoked() == {"Unused", "Testing"}
    assert "no longer a member</span>" in owner.get("/api-keys/").text


def test_only_keys_they_made_are_revoked(owner: Person, admin: Person) -> None:
    mine, theirs = made_by(owner, "Mine"), made_by(admin, "Theirs")
    owner.post(f"/members/{id_of('admin')}/remove", key_id=[mine, theirs, "key_nobody"])
    assert revoked() == {"Theirs"}


def test_keys_that_have_ended_are_not_asked_about(owner: Person, admin: Person) -> None:
    expired = made_by(admin, "Expired")
    past = utcnow() - timedelta(seconds=1)
    db.session.execute(update(ApiKey).where(ApiKey.id == expired).values(expires_at=past))
    db.session.commit()
    assert "<fieldset>" not in owner.get(f"/members/{id_of('admin')}/remove").text


def test_a_viewer_may_hold_no_keys_so_demotion_asks_about_them(
    owner: Person, admin: Person
) -> None:
    key_id = made_by(admin, "Theirs")
    path = f"/members/{id_of('admin')}/role"
    assert owner.post(path, role="viewer").location == f"{path}?role=viewer"
    assert "Revoke <strong>Theirs</strong>" in owner.get(path, role="viewer").text
    assert revoked() == set()
    owner.post(path, role="viewer", confirmed="1", key_id=key_id)
    assert revoked() == {"Theirs"}
    db.session.rollback()
    role = select(Membership.role).where(Membership.user_id == id_of("admin"))
    assert db.session.scalar(role) == "viewer"


def test_a_better_role_asks_nothing(owner: Person, admin: Person) -> None:
    made_by(admin, "Theirs")
    invited_by(admin, "second@people.example")
    assert owner.post(f"/members/{id_of('admin')}/role", role="owner").location == "/members/"
    assert invitations() == {"second@people.example"}
    assert revoked() == set()


def test_a_revoked_key_opens_nothing_at_once(app: Flask, owner: Person, admin: Person) -> None:
    admin.get("/api-keys/")
    made = admin.post("/api-keys/", name="Theirs").location
    token = admin.get(made).text.partition('readonly value="')[2].partition('"')[0]

    def status() -> Any:
        headers = factories.bearer(token)
        return app.test_client().get("/api/v1/webhooks", headers=headers).status_code

    assert status() == 200
    owner.post(f"/members/{id_of('admin')}/remove", key_id=made.split("/")[2])
    assert status() == 401
