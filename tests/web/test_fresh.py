"""What gives access asks for a new proof of identity after 15 minutes."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests import factories
from tests.web.conftest import PASSWORD, Person
from tests.web.test_second_factor import enrol
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, AuditEntry, Invitation, Organisation, UserSession
from webhooks_app.people import sessions

KEYS, MEMBERS = "api_keys", "members"
NEED_IT = {
    *(f"{KEYS}.{view}" for view in ("create", "rotate", "revoke")),
    *(f"{MEMBERS}.{view}" for view in ("change_role", "remove", "invite", "resend", "revoke")),
    *(f"{kind}.rotate" for kind in ("actions", "webhooks")),
    *(f"second_factor.{view}" for view in ("new_app", "add_app", "remove_app", "renew_codes")),
    *(f"second_factor.{view}" for view in ("new_passkey", "add_passkey", "remove_passkey")),
    "organisations.require_second_factor",
    "device.approve",
}


def grow_stale(by: timedelta = sessions.FRESH_FOR) -> None:
    db.session.execute(update(UserSession).values(authenticated_at=utcnow() - by))
    db.session.commit()


def held_in(page: TestResponse) -> str:
    found = re.search(r'name="held" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def names() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(ApiKey.name)))


def test_these_and_no_others_need_it(app: Flask) -> None:
    found = {name for name, view in app.view_functions.items() if hasattr(view, "needs_fresh")}
    assert found == NEED_IT


def test_right_after_the_log_in_nothing_is_asked(owner: Person) -> None:
    grow_stale(sessions.FRESH_FOR - timedelta(minutes=1))
    owner.get("/api-keys/")
    assert owner.post("/api-keys/", name="CRM").status_code == 302
    assert names() == ["CRM"]


def test_later_a_form_asks_first_and_then_does_what_was_typed(owner: Person) -> None:
    owner.get("/api-keys/")
    grow_stale()
    asked = owner.post("/api-keys/", name="Straße & Söhne")
    assert asked.status_code == 422
    assert "what you typed is kept" in asked.text
    assert names() == []
    done = owner.post("/api-keys/", held=held_in(asked), password=PASSWORD)
    assert done.status_code == 302
    assert names() == ["Straße & Söhne"]
    assert "hk_live_" in owner.get(done.headers["Location"]).text
    owner.get("/api-keys/")
    assert owner.post("/api-keys/", name="Next").status_code == 302


def test_a_wrong_password_changes_nothing_and_loses_nothing(owner: Person) -> None:
    owner.get("/api-keys/")
    grow_stale()
    asked = owner.post("/api-keys/", name="CRM")
    refused = owner.post("/api-keys/", held=held_in(asked), password="wrong")
    assert refused.status_code == 422
    assert "Wrong password." in refused.text
    assert names() == []
    assert owner.post("/api-keys/", held=held_in(refused), password=PASSWORD).status_code == 302
    assert names() == ["CRM"]


def test_it_cannot_be_guessed(owner: Person) -> None:
    grow_stale()
    owner.get("/account/confirm/")
    answers = [owner.post("/account/confirm/", password="wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert owner.post("/account/confirm/", password=PASSWORD).status_code == 429
    tried = select(AuditEntry).where(AuditEntry.action == "member.log_in_failed")
    db.session.rollback()
    assert len(db.session.scalars(tried).all()) == 5


@pytest.mark.usefixtures("clock_of_codes")
def test_a_code_of_the_second_factor_does_as_well(owner: Person) -> None:
    authenticator, codes = enrol(owner)
    for code in (authenticator.code(), codes[0]):
        grow_stale()
        asked = owner.post("/api-keys/", name="CRM")
        assert owner.post("/api-keys/", held=held_in(asked), code=code).status_code == 302
    grow_stale()
    asked = owner.post("/api-keys/", name="CRM")
    assert owner.post("/api-keys/", held=held_in(asked), code=codes[0]).status_code == 422
    assert len(names()) == 2


def test_a_page_that_needs_it_leads_to_the_question_and_back(owner: Person) -> None:
    grow_stale()
    asked = owner.get("/account/second-factor/app")
    assert asked.headers["Location"] == "/account/confirm/?next=/account/second-factor/app"
    assert owner.get(asked.headers["Location"]).status_code == 200
    done = owner.client.post(
        asked.headers["Location"], data={"csrf_token": owner.token, "password": PASSWORD}
    )
    assert done.headers["Location"] == "/account/second-factor/app"
    assert owner.get(done.headers["Location"]).status_code == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_it_leads_nowhere_else(owner: Person, target: str) -> None:
    owner.get("/account/confirm/")
    done = owner.client.post(
        "/account/confirm/",
        query_string={"next": target},
        data={"csrf_token": owner.token, "password": PASSWORD},
    )
    assert done.headers["Location"] == "/"


def test_a_proof_ends_copies_of_the_cookie(app: Flask, owner: Person) -> None:
    cookie = owner.client.get_cookie("session")
    assert cookie
    thief = Person(app.test_client())
    thief.client.set_cookie("session", cookie.value)
    owner.get("/account/confirm/")
    owner.post("/account/confirm/", password=PASSWORD)
    assert thief.get("/account/").status_code == 302
    assert owner.get("/account/").status_code == 200


def test_a_form_that_waits_is_good_for_its_person_and_page_only(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    other = person("admin", db.session.query(Organisation).one())
    owner.get("/api-keys/")
    grow_stale()
    held = held_in(owner.post("/api-keys/", name="CRM"))
    other.get("/api-keys/")
    assert other.post("/api-keys/", held=held, password=PASSWORD).status_code == 400
    form = {"held": held, "password": PASSWORD}
    assert owner.post("/members/invitations", **form).status_code == 400
    for forged in ("", "x", held[:-8] + "AAAAAAA="):
        assert owner.post("/api-keys/", held=forged, password=PASSWORD).status_code == 400
    assert names() == []


def test_a_fragment_is_answered_by_a_fragment(owner: Person) -> None:
    organisation = db.session.query(Organisation).one()
    webhook = factories.webhook(organisation, "https://a.example")
    rotate = f"/webhooks/{webhook.id}/rotate"
    owner.get(rotate)
    grow_stale()
    headers = {"HX-Request": "true"}
    form = {"csrf_token": owner.token, "overlap": "24"}
    asked = owner.client.post(rotate, data=form, headers=headers)
    assert asked.status_code == 422
    assert "<html" not in asked.text
    assert f'action="{rotate}' in asked.text
    done = owner.post(rotate, held=held_in(asked), password=PASSWORD)
    assert done.headers["Location"].endswith("/secret")
    assert "whsec_" in owner.get(done.headers["Location"]).text
    grow_stale()
    shown = owner.client.get("/account/second-factor/app", headers=headers)
    assert shown.headers["HX-Redirect"].startswith("/account/confirm/")


def test_several_values_of_one_name_are_kept(owner: Person) -> None:
    """A forbidden role stays forbidden, whatever is proved."""
    owner.get("/members/")
    grow_stale()
    asked = owner.post("/members/invitations", email="a@b.example", role=["viewer", "owner"])
    owner.post("/members/invitations", held=held_in(asked), password=PASSWORD)
    db.session.rollback()
    assert db.session.scalars(select(Invitation.role)).all() == ["viewer"]


def test_viewers_are_refused_before_they_are_asked(
    app: Flask, owner: Person, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", db.session.query(Organisation).one())
    viewer.get("/api-keys/")
    grow_stale()
    assert viewer.post("/api-keys/", name="CRM").status_code == 403
