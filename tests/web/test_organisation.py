"""/settings/organisation: its name and time zone."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry, Organisation

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
