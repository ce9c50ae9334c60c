"""/settings/organisation: its name and time zone."""

import dataclasses
from collections.abc import Callable

import pytest
from flask import Flask
from msgspec.structs import replace

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry, Organisation
from webhooks_app.parts import SLOT, parts_of
from webhooks_app.people import accounts

PATH = "/settings/organisation/"


def saved(organisation: Organisation) -> tuple[str, str]:
    db.session.rollback()
    db.session.refresh(organisation)
    return organisation.name, organisation.time_zone


def test_name_and_time_zone_are_saved_and_audited(
    owner: Person, organisation: Organisation
) -> None:
    assert '<option selected value="UTC">' in owner.get(PATH).text
    response = owner.post(PATH, name=" Böhm & Söhne ", time_zone="Europe/Vienna")
    assert response.headers["Location"] == PATH
    assert saved(organisation) == ("Böhm & Söhne", "Europe/Vienna")
    entry = db.session.query(AuditEntry).filter_by(action="organisation.updated").one()
    assert entry.action == "organisation.updated"
    assert entry.detail["before"] == {"name": "Acme", "time_zone": "UTC"}
    owner.post(PATH, name="Böhm & Söhne", time_zone="Europe/Vienna")
    assert db.session.query(AuditEntry).filter_by(action=entry.action).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " ", "time_zone": "UTC"},
        {"time_zone": "UTC"},
        {"name": "A\u202eB", "time_zone": "UTC"},
        {"name": "Acme", "time_zone": "Mars/Olympus"},
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    owner: Person, organisation: Organisation, wrong: dict[str, str]
) -> None:
    owner.get(PATH)
    response = owner.post(PATH, **wrong)
    assert (response.status_code, 'aria-invalid="true"' in response.text) == (422, True)
    assert saved(organisation) == ("Acme", "UTC")


def test_the_plan_and_what_is_left_of_it_are_shown(
    owner: Person, organisation: Organisation
) -> None:
    assert "Plan: Self-hosted" in owner.get(PATH).text
    organisation.plan = "starter"
    db.session.commit()
    factories.action(organisation, "https://a.example")
    page = owner.get(PATH).text
    assert "Plan: Starter" in page
    assert "1 of 10" in page
    assert "30 days" in page


def test_viewers_look_and_do_not_change(
    organisation: Organisation, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", organisation)
    page = viewer.get(PATH).text
    assert '<fieldset class="bare" disabled>' in page
    assert viewer.post(PATH, name="Mine", time_zone="UTC").status_code == 403
    assert saved(organisation) == ("Acme", "UTC")


@pytest.mark.parametrize(
    ("plan", "begins_on"), [("premium", "free"), ("self_hosted", "self_hosted")]
)
def test_a_member_opens_another_one_and_owns_it(
    person: Callable[..., Person], organisation: Organisation, plan: str, begins_on: str
) -> None:
    organisation.plan, organisation.time_zone = plan, "Europe/Vienna"
    db.session.commit()
    viewer = person("viewer", organisation)
    page = viewer.get("/organisations/new").text
    assert '<option selected value="Europe/Vienna">' in page
    refused = viewer.post("/organisations/new", name=" ", time_zone="UTC")
    assert refused.status_code == 422
    assert 'id="name-error"' in refused.text
    opened = viewer.post("/organisations/new", name="Side project", time_zone="Asia/Tokyo")
    db.session.rollback()
    made = db.session.query(Organisation).filter_by(name="Side project").one()
    assert (made.plan, made.time_zone) == (begins_on, "Asia/Tokyo")
    assert opened.location == f"/o/{made.id}/live/"
    assert "owner of Side project" in viewer.get(opened.location).text


def test_there_is_an_end_to_organisations(
    owner: Person, monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    monkeypatch.setattr(accounts, "MOST_OWNED", 2)
    owner.get("/organisations/new")
    owner.post("/organisations/new", name="Second", time_zone="UTC")
    owner.get("/organisations/new")
    refused = owner.post("/organisations/new", name="Third", time_zone="UTC")
    assert (refused.status_code, "which is the limit" in refused.text) == (422, True)


def test_operators_alone_may_be_allowed_to(
    app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "New organisation" in owner.get("/").text
    settings = replace(parts_of(app).settings, open_organisations="operators")
    parts = dataclasses.replace(parts_of(app), settings=settings)
    monkeypatch.setitem(app.extensions, SLOT, parts)
    assert "New organisation" not in owner.get("/").text
    assert owner.get("/organisations/new").status_code == 403
