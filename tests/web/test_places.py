"""Modes and organisations: a page that was opened in one changes nothing in another."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Event, Organisation, User

FORM = {"type": "lead.captured", "data": "{}", "subject_type": ""}


@pytest.fixture
def elsewhere(organisation: Organisation, owner: Person) -> dict[str, str]:
    """The form for each way to switch."""
    second = factories.organisation("Second")
    user = db.session.query(User).filter_by(email="owner@people.example").one()
    factories.member(second, user)
    return {"mode": "/mode", "organisation": f"/organisations/{second.id}/switch"}


@pytest.mark.parametrize("what", ["mode", "organisation"])
def test_a_form_that_was_opened_before_sends_nothing(
    owner: Person, elsewhere: dict[str, str], what: str
) -> None:
    owner.get("/events/new")
    owner.post(elsewhere[what], mode="test")
    stale = owner.post("/events/new", **FORM)
    assert stale.status_code == 400
    assert "switched organisation or mode" in " ".join(stale.text.split())
    assert db.session.query(Event).count() == 0
    owner.get("/events/new")
    assert owner.post("/events/new", **FORM).status_code == 302


@pytest.mark.parametrize("what", ["mode", "organisation"])
def test_a_page_that_refreshes_itself_shows_nothing_of_elsewhere(
    owner: Person, organisation: Organisation, elsewhere: dict[str, str], what: str
) -> None:
    headers = {"HX-Request": "true", "X-Place": f"{organisation.id}/live"}
    assert owner.client.get("/events/", headers=headers).status_code == 200
    owner.post(elsewhere[what], mode="test")
    stale = owner.client.get("/events/", headers=headers)
    assert stale.status_code == 409
    assert "Reload this page" in stale.headers["X-Reason"]


def test_a_page_says_of_which_place_it_is(
    app: Flask, organisation: Organisation, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", organisation)
    assert f'<meta name="place" content="{organisation.id}/live">' in viewer.get("/events/").text
    viewer.post("/mode", mode="test")
    assert f'<meta name="place" content="{organisation.id}/test">' in viewer.get("/events/").text
