"""Members and invitations by key: what an admin may do, and never to an owner."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import factories
from tests.api.conftest import Api, faults, kind
from webhooks_app.extensions import db
from webhooks_app.models import ApiKey, Invitation, Mail, Membership, Organisation

# The SQL is that of pages, which are tested on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def people(organisation: Organisation) -> dict[str, str]:
    """The ids of an owner, an admin and a viewer."""
    made = {}
    for role in ("owner", "admin", "viewer"):
        user = factories.user(f"{role}@example.com", name=role.capitalize())
        made[role] = factories.member(organisation, user, role).user_id
    return made


@pytest.fixture
def owners(client: FlaskClient, organisation: Organisation, people: dict[str, str]) -> Api:
    """With a key that the owner made."""
    return Api(client, factories.api_key(organisation, created_by=people["owner"]))


def role_of(organisation: Organisation, user_id: str) -> str | None:
    db.session.rollback()
    row = db.session.get(Membership, (organisation.id, user_id), populate_existing=True)
    return row.role if row else None


def test_members_are_listed(api: Api, people: dict[str, str]) -> None:
    found = api.get("/members").get_json()["data"]
    assert [(one["email"], one["role"]) for one in found] == [
        ("admin@example.com", "admin"),
        ("owner@example.com", "owner"),
        ("viewer@example.com", "viewer"),
    ]
    assert api.get(f"/members/{people['admin']}").get_json() == found[0]


def test_roles_change_but_never_to_or_from_owner(
    owners: Api, organisation: Organisation, people: dict[str, str]
) -> None:
    api = owners
    changed = api.patch(f"/members/{people['admin']}", {"role": "viewer"})
    assert (changed.status_code, changed.get_json()["role"]) == (200, "viewer")
    for who, role in (("owner", "viewer"), ("owner", "owner"), ("viewer", "owner")):
        refused = api.patch(f"/members/{people[who]}", {"role": role})
        assert (refused.status_code, kind(refused)) == (409, "conflict")
        assert role_of(organisation, people[who]) == who
    assert list(faults(api.patch(f"/members/{people['viewer']}", {"role": "king"}))) == ["#/role"]


@pytest.mark.parametrize("maker", ["admin", "viewer", "other", None])
def test_roles_change_only_by_a_key_of_an_owner(
    client: FlaskClient, organisation: Organisation, people: dict[str, str], maker: str | None
) -> None:
    """As in the dashboard. The owner of another organisation is none here."""
    elsewhere = factories.organisation("Others")
    people["other"] = factories.member(elsewhere, factories.user("other@example.com")).user_id
    made_by = people[maker] if maker else None
    api = Api(client, factories.api_key(organisation, created_by=made_by))
    for who, role in (("viewer", "admin"), ("admin", "viewer")):
        refused = api.patch(f"/members/{people[who]}", {"role": role})
        assert (refused.status_code, kind(refused)) == (409, "conflict")
        assert role_of(organisation, people[who]) == who


def test_a_key_that_a_key_made_is_of_the_same_person(
    owners: Api, organisation: Organisation, people: dict[str, str]
) -> None:
    """Not of whoever made the key that was rotated."""
    path, asked = f"/members/{people['viewer']}", {"name": "Child", "preset": "all"}
    child = Api(owners.client, owners.post("/api-keys", asked).get_json()["token"])
    assert child.patch(path, {"role": "admin"}).status_code == 200
    token = factories.api_key(organisation, id="key_admins", created_by=people["admin"])
    factories.api_key(organisation, id="key_owners", created_by=people["owner"])
    taken = Api(owners.client, token).post("/api-keys/key_owners/rotate").get_json()["token"]
    assert Api(owners.client, taken).patch(path, {"role": "viewer"}).status_code == 409
    db.session.execute(
        update(Membership).where(Membership.user_id == people["owner"]).values(role="admin")
    )
    db.session.commit()
    assert child.patch(path, {"role": "viewer"}).status_code == 409


def test_the_last_owner_stays(api: Api, organisation: Organisation, people: dict[str, str]) -> None:
    assert api("DELETE", f"/members/{people['owner']}").status_code == 409
    assert role_of(organisation, people["owner"]) == "owner"
    assert api("DELETE", f"/members/{people['viewer']}").status_code == 204
    assert role_of(organisation, people["viewer"]) is None


@pytest.mark.parametrize("revoke", [False, True])
def test_keys_of_a_removed_member_end_if_wanted(
    api: Api, organisation: Organisation, people: dict[str, str], revoke: bool
) -> None:
    factories.api_key(organisation, id="key_theirs", created_by=people["admin"])
    query = {"revoke_keys": "true"} if revoke else {}
    assert api("DELETE", f"/members/{people['admin']}", query_string=query).status_code == 204
    db.session.rollback()
    row = db.session.scalar(select(ApiKey).where(ApiKey.id == "key_theirs"))
    assert row is not None
    assert (row.revoked_at is not None) == revoke


def test_an_invitation_is_mailed_sent_again_and_withdrawn(api: Api) -> None:
    made = api.post("/invitations", {"email": "grace@example.com", "role": "admin"})
    one = made.get_json()
    assert (made.status_code, one["role"], one["works"]) == (201, "admin", True)
    assert api.get("/invitations").get_json()["data"] == [one]
    assert api.get(made.headers["Location"].removeprefix("/api/v1")).get_json() == one
    assert api.post(f"/invitations/{one['id']}/resend").status_code == 200
    mails = db.session.scalars(select(Mail)).all()
    assert [mail.recipient for mail in mails] == ["grace@example.com"] * 2
    assert api("DELETE", f"/invitations/{one['id']}").status_code == 204
    assert api.get("/invitations").get_json()["data"] == []


def test_what_cannot_be_invited_is_said(api: Api, people: dict[str, str]) -> None:
    for email, at in (("nobody", "#/email"), ("admin@example.com", "#/email")):
        assert list(faults(api.post("/invitations", {"email": email}))) == [at]
    refused = api.post("/invitations", {"email": "grace@example.com", "role": "owner"})
    assert kind(refused) == "conflict"
    assert api.get("/invitations").get_json()["data"] == []


def test_an_owners_invitation_is_not_touched(api: Api, organisation: Organisation) -> None:
    values = {"role": "owner", "digest": "x", "invited_by": "owner@example.com"}
    row = Invitation(
        id="inv_1",
        organisation_id=organisation.id,
        email="next@example.com",
        created_at=organisation.created_at,
        expires_at=organisation.created_at,
        **values,
    )
    db.session.add(row)
    db.session.commit()
    assert api.post("/invitations/inv_1/resend").status_code == 409
    assert api("DELETE", "/invitations/inv_1").status_code == 409
    assert len(api.get("/invitations").get_json()["data"]) == 1


def test_mails_to_one_address_are_limited(api: Api) -> None:
    answers = []
    for _ in range(6):
        answers.append(api.post("/invitations", {"email": "grace@example.com"}))
        for one in api.get("/invitations").get_json()["data"]:
            api("DELETE", f"/invitations/{one['id']}")
    assert [one.status_code for one in answers] == [201] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_test_key_reads_but_changes_nothing(
    test_mode: Api, organisation: Organisation, people: dict[str, str]
) -> None:
    """Live shares the members."""
    assert len(test_mode.get("/members").get_json()["data"]) == 3
    for answer in (
        test_mode.patch(f"/members/{people['admin']}", {"role": "viewer"}),
        test_mode("DELETE", f"/members/{people['admin']}"),
        test_mode.post("/invitations", {"email": "grace@example.com"}),
        test_mode.post("/invitations/inv_1/resend"),
        test_mode("DELETE", "/invitations/inv_1"),
    ):
        assert kind(answer) == "live-key-needed"
    assert role_of(organisation, people["admin"]) == "admin"


def test_outsiders_find_nobody(outsider: Api, people: dict[str, str], client: FlaskClient) -> None:
    assert outsider.get("/members").get_json()["data"] == []
    for method in ("GET", "DELETE"):
        assert outsider(method, f"/members/{people['viewer']}").status_code == 404
