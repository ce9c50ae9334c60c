import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.lib.errors import BadAccount
from webhooks_app.models import Membership, Organisation, User
from webhooks_app.people import accounts
from webhooks_app.vocabulary import Role

PASSWORD = "correct horse battery"


def test_it_makes_an_organisation_and_its_owner(app: Flask) -> None:
    made = accounts.create_organisation(db.session(), " Acme ", "Ada@Example.COM", PASSWORD)

    db.session.expire_all()
    membership = db.session.scalars(select(Membership)).one()
    assert membership.organisation_id == made.id
    assert membership.organisation.name == "Acme"
    assert membership.role == Role.OWNER
    assert membership.user.email == "ada@example.com"
    assert membership.user.has_password(PASSWORD)
    assert not membership.user.is_operator


def test_it_adds_a_member(app: Flask) -> None:
    organisation = factories.organisation()

    user = accounts.add_member(db.session(), organisation, "v@example.com", PASSWORD, Role.VIEWER)

    membership = db.session.get_one(Membership, (organisation.id, user.id))
    assert membership.role == Role.VIEWER


@pytest.mark.parametrize(
    ("name", "email", "password", "reason"),
    [
        ("", "a@example.com", PASSWORD, "name"),
        ("x" * 201, "a@example.com", PASSWORD, "name"),
        ("nul\0", "a@example.com", PASSWORD, "name"),
        ("Acme", "nobody", PASSWORD, "not an e-mail address"),
        ("Acme", "a@exa mple.com", PASSWORD, "not an e-mail address"),
        ("Acme", "a@example.com", "ninechars", "at least 10"),
        ("Acme", "TAKEN@example.com", PASSWORD, "already has an account"),
    ],
)
def test_it_refuses_and_changes_nothing(
    app: Flask, name: str, email: str, password: str, reason: str
) -> None:
    factories.user("taken@example.com")

    with pytest.raises(BadAccount, match=reason):
        accounts.create_organisation(db.session(), name, email, password)

    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 0
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_two_at_once_with_one_address_make_one_user(app: Flask) -> None:
    """The second passes the check before the first commits; the unique index decides."""
    organisation = factories.organisation()
    late = accounts._new_user(db.session(), "a@example.com", PASSWORD)
    accounts.add_member(db.session(), organisation, "a@example.com", PASSWORD, Role.ADMIN)

    with pytest.raises(BadAccount, match="already has an account"):
        accounts.join(db.session(), organisation, late, Role.ADMIN)
