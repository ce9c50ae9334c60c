"""API keys: their scopes, lifetime and makers, and rotation."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, AuditEntry, Organisation
from webhooks_app.organisations.audit_log import Actor, act_as
from webhooks_app.people import api_keys
from webhooks_app.people.key_check import KeyRefused, authenticate_key

DAY = timedelta(days=1)


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


def make(organisation: Organisation, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    scopes = ("webhooks:read",)
    return api_keys.create_api_key(
        db.session(), organisation.id, "live", "Backend", scopes, expires_at
    )


def opens(token: str) -> bool:
    db.session.rollback()
    try:
        authenticate_key(db.engine, token)
    except KeyRefused:
        return False
    return True


def test_a_key_knows_its_scopes_its_end_and_who_made_it(organisation: Organisation) -> None:
    user = factories.user()
    act_as(Actor.person(user))
    expires_at = utcnow() + 30 * DAY
    key, token = make(organisation, expires_at)
    assert (key.scopes, key.expires_at) == (["webhooks:read"], expires_at)
    assert (key.created_by, key.created_by_name) == (user.id, "owner@example.com")
    assert list(authenticate_key(db.engine, token).scopes) == ["webhooks:read"]


@pytest.mark.parametrize(
    ("name", "scopes", "life", "at"),
    [
        (" ", ["webhooks:read"], None, "#/name"),
        ("Backend", [], None, "#/scopes"),
        ("Backend", ["webhooks:read", "all"], None, "#/scopes"),
        ("Backend", ["webhooks:read"], timedelta(0), "#/expires_at"),
        ("Backend", ["webhooks:read"], 3000 * DAY, "#/expires_at"),
    ],
)
def test_what_cannot_be_is_refused_and_makes_nothing(
    organisation: Organisation, name: str, scopes: list[str], life: timedelta | None, at: str
) -> None:
    expires_at = utcnow() + life if life is not None else None
    with pytest.raises(Invalid) as refused:
        api_keys.create_api_key(db.session(), organisation.id, "live", name, scopes, expires_at)
    assert [fault.at for fault in refused.value.faults] == [at]
    assert db.session.query(ApiKey).count() == 0


def test_presets_hold_known_scopes_and_all_holds_all() -> None:
    for preset in api_keys.PRESETS.values():
        assert set(preset.scopes) <= set(api_keys.SCOPES)
        assert api_keys.preset_of(list(reversed(preset.scopes))) is preset
    assert set(api_keys.PRESETS["all"].scopes) == set(api_keys.SCOPES)
    assert set(api_keys.PRESETS["ingest"].scopes) == {"events:write", "messages:write"}
    assert all(scope.endswith(":read") for scope in api_keys.PRESETS["read"].scopes)
    assert api_keys.preset_of(["event-types:write"]) is None


def test_a_rotated_key_works_on_until_the_overlap_is_over(organisation: Organisation) -> None:
    key, token = make(organisation)
    new, new_token = api_keys.rotate(db.session(), key, DAY)
    assert opens(token)
    assert opens(new_token)
    assert (new.name, new.scopes, new.mode, new.expires_at) == (
        "Backend",
        ["webhooks:read"],
        "live",
        None,
    )
    assert key.replaced_by == new.id
    assert key.expires_at is not None
    assert abs(key.expires_at - utcnow() - DAY) < timedelta(minutes=1)
    entry = db.session.query(AuditEntry).filter_by(action="api_key.rotated").one()
    assert entry.detail == {"replaced_by": new.id, "overlap_hours": 24}


def test_without_an_overlap_the_old_key_ends_at_once(organisation: Organisation) -> None:
    key, token = make(organisation)
    assert opens(token)
    _, new_token = api_keys.rotate(db.session(), key, timedelta(0))
    assert not opens(token)
    assert opens(new_token)


def test_a_new_key_lives_as_long_as_the_old_one_was_made_to(organisation: Organisation) -> None:
    key, _ = make(organisation, utcnow() + 30 * DAY)
    key.created_at -= 25 * DAY
    assert key.expires_at is not None
    key.expires_at -= 25 * DAY
    before = key.expires_at
    db.session.commit()
    new, _ = api_keys.rotate(db.session(), key, 7 * DAY)
    assert new.expires_at is not None
    assert abs(new.expires_at - utcnow() - 30 * DAY) < timedelta(minutes=1)
    assert key.expires_at == before  # sooner than the overlap


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), 7 * DAY + timedelta(seconds=1)])
def test_an_overlap_has_bounds(organisation: Organisation, overlap: timedelta) -> None:
    key, _ = make(organisation)
    with pytest.raises(Invalid):
        api_keys.rotate(db.session(), key, overlap)
    assert db.session.query(ApiKey).count() == 1


def test_a_key_is_rotated_once_and_while_it_works(organisation: Organisation) -> None:
    rotated, _ = make(organisation)
    api_keys.rotate(db.session(), rotated, DAY)
    revoked, _ = make(organisation)
    api_keys.revoke(db.session(), revoked)
    expired, _ = make(organisation)
    expired.expires_at = utcnow()
    db.session.commit()
    for key in (rotated, revoked, expired):
        with pytest.raises(Conflict):
            api_keys.rotate(db.session(), key, DAY)


def test_the_list_says_who_is_no_member_any_more(organisation: Organisation) -> None:
    ada, bob = factories.user("ada@example.com"), factories.user("bob@example.com")
    factories.member(organisation, ada)
    for user in (ada, bob):
        act_as(Actor.person(user))
        make(organisation)
    factories.api_key(organisation, created_by_name="command line")
    listed = api_keys.list_keys(db.session(), factories.tenant(organisation))
    left = {one.key.created_by_name: one.maker_left for one in listed}
    assert left == {"ada@example.com": False, "bob@example.com": True, "command line": False}
