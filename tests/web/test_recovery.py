"""Recovering what an action or webhook missed while Hookline had switched it off, on pages."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.jobs.replays import run_batch
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, ReplayBatch, Subscription

URL = "https://receiver.example/hook"
HTMX = {"HX-Request": "true"}


@pytest.fixture(params=["webhook", "action"])
def path(request: pytest.FixtureRequest, owner: Person, organisation: Organisation) -> str:
    """The page of a webhook that missed two events and is still off."""
    row: Subscription = getattr(factories, request.param)(organisation, URL)
    path, row_id = f"/{row.kind}s/{row.id}", row.id
    db.session.rollback()
    with db.engine.begin() as connection:
        disable(connection, [row_id], "It failed for 5 days.")
    factories.accepted(organisation, factories.lead(), factories.lead())
    return path


def test_while_it_is_off_its_page_says_what_it_has_missed(owner: Person, path: str) -> None:
    page = owner.get(path).text
    assert "It missed 2 events while it was off. Switch it on to send them." in page
    assert 'href="/replays/new' not in page.partition('role="status"')[2].partition("</p>")[0]


def test_switching_on_in_the_list_offers_what_it_missed(owner: Person, path: str) -> None:
    owner.get(path)
    form = {"csrf_token": owner.token, "enabled": "1"}
    shown = owner.client.post(f"{path}/toggle", data=form, headers=HTMX).text
    assert "It missed 2 events while it was off." in shown
    assert f'href="/replays/new?subscription_id={path.rpartition("/")[2]}' in shown


def test_it_is_counted_asked_for_sent_and_offered_no_more(
    owner: Person, organisation: Organisation, person: Callable[..., Person], path: str
) -> None:
    owner.get(path)
    owner.post(f"{path}/toggle", enabled="1")
    page = owner.get(path).text
    assert "It missed 2 events while it was off." in page
    viewer = person("viewer", organisation)
    assert "Send what never arrived" not in viewer.get(path).text
    query = {"subscription_id": path.rpartition("/")[2], "window": "7d", "missing": "1"}
    assert "Send 2 missed events?" in owner.get("/replays/new", **query).text
    started = owner.post("/replays/", all="1", **query).headers["Location"]
    run_batch(db.session.query(ReplayBatch).one().id, utcnow().isoformat())
    assert "<strong>2</strong> missed events sent for the first time" in owner.get(started).text
    assert [row.trigger for row in db.session.query(Delivery)] == ["recovery"] * 2
    assert "It missed" not in owner.get(path).text
    assert "Replay 0 deliveries?" in owner.get("/replays/new", **query).text


def test_both_kinds_are_counted_apart(owner: Person, organisation: Organisation, path: str) -> None:
    owner.get(path)
    owner.post(f"{path}/toggle", enabled="1")
    factories.accepted(organisation)
    arrange(status="failed")
    page = owner.get("/replays/new", window="7d", missing="1").text
    assert "Replay 1 delivery and send 2 missed events?" in page


def test_what_a_person_switched_off_missed_nothing(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, URL)
    path = f"/webhooks/{row.id}"
    owner.get(path)
    owner.post(f"{path}/toggle", enabled="0")
    factories.accepted(organisation)
    assert "Switched off" in owner.get(path).text
    assert "It missed" not in owner.get(path).text
    owner.post(f"{path}/toggle", enabled="1")
    assert "It missed" not in owner.get(path).text
