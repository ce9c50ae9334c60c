"""Invitations: by mail, once, for a week, only for their recipient."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import factories
from tests.web.conftest import PASSWORD, Person, mailed_link
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Invitation, Mail, Membership, Organisation, User
from webhooks_app.people import invitations

NEW = {"name": "Ada", "new": "a good passphrase", "again": "a good passphrase"}


def acme() -> Organisation:
    return db.session.scalars(select(Organisation).filter_by(name="Acme")).one()


def invite(who: Person, email: str = "ada@people.example", role: str = "viewer") -> int:
    who.get("/members/")
    return who.post("/members/invitations", email=email, role=role).status_code


def invitation_id() -> str:
    db.session.rollback()
    return db.session.scalars(select(Invitation.id)).one()


def role_of(email: str) -> str | None:
    db.session.rollback()
    query = select(Membership.role).join(User).where(User.email == email)
    return db.session.scalar(query.where(Membership.organisation_id == acme().id))


def visitor(app: Flask, path: str) -> Person:
    visitor = Person(app.test_client())
    visitor.get(path)
    return visitor


def test_someone_new_joins_with_a_name_and_a_password(app: Flask, owner: Person) -> None:
    assert invite(owner, " Ada@People.example ", "admin") == 302
    link = mailed_link()
    ada = visitor(app, link)
    assert ada.post(f"{link}/join", **NEW).status_code == 302
    assert ada.get("/webhooks/").status_code == 200
    assert role_of("ada@people.example") == "admin"
    again = Person(app.test_client())
    again.get("/login")
    assert again.post("/login", email="ada@people.example", password=NEW["new"]).status_code == 302


def test_a_token_works_once(app: Flask, owner: Person) -> None:
    invite(owner)
    link = mailed_link()
    visitor(app, link).post(f"{link}/join", **NEW)
    late = Person(app.test_client())
    late.get("/login")
    assert late.get(link).status_code == 404
    assert late.post(f"{link}/join", **NEW).status_code == 404
    assert late.post(f"{link}/accept").status_code == 404


def test_opening_the_link_accepts_nothing(app: Flask, owner: Person) -> None:
    invite(owner)
    link = mailed_link()
    for _ in range(2):
        assert Person(app.test_client()).get(link).status_code == 200
    assert role_of("ada@people.example") is None


def test_who_has_an_account_logs_in_and_accepts_with_one_button(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    person("outsider")
    invite(owner, "outsider@people.example")
    link = mailed_link()
    them = visitor(app, link)
    page = them.get(link).text
    assert "Log in to accept" in page
    assert 'name="new"' not in page
    assert them.post(f"{link}/join", **NEW).status_code == 400
    them.get("/login")
    assert them.post(f"{link}/join", **NEW).status_code == 403
    assert them.post(f"{link}/accept").status_code == 403
    form = {"email": "outsider@people.example", "password": PASSWORD, "csrf_token": them.token}
    response = them.client.post("/login", data=form, query_string={"next": link})
    assert response.headers["Location"] == link
    them.get(link)
    assert them.post(f"{link}/accept").status_code == 302
    assert role_of("outsider@people.example") == "viewer"
    assert "Acme (viewer)" in them.get("/account/").text


def test_someone_else_cannot_accept_it(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    invite(owner)
    link = mailed_link()
    outsider = person("outsider")
    assert "logged in as outsider@people.example" in outsider.get(link).text
    assert outsider.post(f"{link}/accept").status_code == 403
    assert outsider.post(f"{link}/join", **NEW).status_code == 403
    assert role_of("outsider@people.example") is None
    assert invitation_id()


def test_a_member_keeps_their_role(app: Flask, owner: Person) -> None:
    """Someone became a member otherwise while the invitation was open."""
    invite(owner)
    link = mailed_link()
    factories.member(acme(), factories.user("ada@people.example", PASSWORD), "admin")
    ada = Person(app.test_client()).log_in("ada@people.example")
    assert ada.post(f"{link}/accept").status_code == 302
    assert role_of("ada@people.example") == "admin"


def test_it_runs_out_after_a_week_and_may_be_sent_again(app: Flask, owner: Person) -> None:
    invite(owner)
    link = mailed_link()
    db.session.execute(update(Invitation).values(expires_at=utcnow() - timedelta(seconds=1)))
    db.session.commit()
    late = visitor(app, link)
    late.get("/login")
    assert late.get(link).status_code == 404
    assert late.post(f"{link}/join", **NEW).status_code == 404
    assert "expired" in owner.get("/members/").text
    owner.post(f"/members/invitations/{invitation_id()}/resend")
    newer = mailed_link()
    assert newer != link
    assert late.get(link).status_code == 404
    assert late.get(newer).status_code == 200


def test_it_can_be_taken_back(app: Flask, owner: Person) -> None:
    invite(owner)
    link = mailed_link()
    owner.post(f"/members/invitations/{invitation_id()}/revoke")
    assert Person(app.test_client()).get(link).status_code == 404


def test_the_token_is_not_kept(app: Flask, owner: Person) -> None:
    invite(owner)
    token = mailed_link().rpartition("/")[2]
    row = db.session.scalars(select(Invitation)).one()
    assert token not in str(vars(row))


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "x" * 201}, "1 to 200"),
        ({"new": "ninechars", "again": "ninechars"}, "at least 10"),
        ({"again": "something else"}, "do not match"),
    ],
)
def test_what_will_not_do_is_said_and_the_invitation_stays(
    app: Flask, owner: Person, form: dict[str, str], reason: str
) -> None:
    invite(owner)
    link = mailed_link()
    ada = visitor(app, link)
    response = ada.post(f"{link}/join", **(NEW | form))
    assert response.status_code == 422
    assert reason in response.text
    assert 'aria-invalid="true"' in response.text
    assert ada.post(f"{link}/join", **NEW).status_code == 302


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("nobody", "not an e-mail address"),
        ("owner@example.com", "already a member"),
        ("invited@people.example", "already invited"),
        ("a@example.com\r\nBcc: b@example.com", "not an e-mail address"),
    ],
)
def test_who_cannot_be_invited_is_said_beside_the_field(
    app: Flask, owner: Person, email: str, reason: str
) -> None:
    invite(owner, "invited@people.example")
    response = owner.post("/members/invitations", email=email, role="admin")
    assert response.status_code == 422
    assert reason in response.text
    assert 'aria-describedby="email-error" aria-invalid="true"' in response.text
    assert f'type="email" value="{email}"' in response.text
    assert re.search(r'<select id="role".*<option selected value="admin">', response.text)
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 1


def test_an_admin_invites_admins_and_viewers_but_no_owner(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    admin = person("admin", acme())
    assert invite(admin, "a@people.example", "admin") == 302
    assert invite(admin, "b@people.example", "owner") == 403
    assert invite(owner, "c@people.example", "owner") == 302
    query = select(Invitation.id).where(Invitation.role == "owner")
    owners = db.session.scalars(query).one()
    for verb in ("resend", "revoke"):
        assert admin.post(f"/members/invitations/{owners}/{verb}").status_code == 403
    assert owner.post(f"/members/invitations/{owners}/revoke").status_code == 302


def test_roles_that_one_may_give_are_offered_and_the_least_comes_first(
    owner: Person, person: Callable[..., Person]
) -> None:
    for who, roles in (
        (owner, ["viewer", "admin", "owner"]),
        (person("admin", acme()), ["viewer", "admin"]),
    ):
        select_box = who.get("/members/").text.partition('<select id="role"')[2]
        offered = re.findall('<option value="([a-z]+)">', select_box.partition("</select>")[0])
        assert offered == roles


@pytest.mark.parametrize("form", [{}, {"role": "king"}])
def test_a_role_that_no_form_offers_is_a_bad_request(owner: Person, form: dict[str, str]) -> None:
    owner.get("/members/")
    response = owner.post("/members/invitations", email="ada@people.example", **form)
    assert response.status_code == 400
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_there_is_an_end_to_invitations(
    app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST", 2)
    statuses = [invite(owner, f"{number}@people.example") for number in range(3)]
    assert statuses == [302, 302, 422]


def test_nobody_is_flooded_with_invitations(app: Flask, owner: Person) -> None:
    invite(owner)
    path = f"/members/invitations/{invitation_id()}/resend"
    assert [owner.post(path).status_code for _ in range(5)] == [302] * 4 + [429]


def test_a_page_with_a_token_leaks_it_by_no_referer(app: Flask, owner: Person) -> None:
    invite(owner)
    link = mailed_link()
    client = app.test_client()
    for path in (link, f"/login?next={link}", "/invitations/unknown"):
        assert client.get(path).headers["Referrer-Policy"] == "strict-origin"


def test_the_link_can_be_copied_once(app: Flask, owner: Person) -> None:
    """Also after it was sent again, which makes a new one."""
    owner.get("/members/")
    shown = owner.post("/members/invitations", email="ada@people.example", role="viewer").location
    for _ in range(2):
        page = owner.get(shown).text
        assert "ada@people.example is invited as viewer" in page
        assert "Send them this link yourself" in page
        found = re.search(r'id="invitation-link" readonly value="([^"]+)"', page)
        assert found
        assert found[1].endswith(mailed_link())
        assert "invitation-link" not in owner.get(shown).text
        shown = owner.post(f"/members/invitations/{invitation_id()}/resend").location
    assert owner.get("/members/", invited="inv_of_nobody").status_code == 200
