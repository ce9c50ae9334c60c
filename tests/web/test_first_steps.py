"""The first steps: each a click, and each known to be done."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Inbox, Organisation, Subscription, SubscriptionHealth

URL = "https://receiver.example/hook"


def done(person: Person, kind: str = "webhook") -> int:
    found = re.search(r"(\d) of 4 steps done", person.get("/first-steps/", kind=kind).text)
    assert found
    return int(found[1])


@pytest.mark.parametrize("kind", ["webhook", "action"])
def test_three_clicks_lead_to_a_delivery(owner: Person, kind: str) -> None:
    assert done(owner, kind) == 0
    for number, step in enumerate(("receiver", "subscription", "sample"), 1):
        assert owner.post(f"/first-steps/{step}", kind=kind).status_code == 302
        assert done(owner, kind) == number
    db.session.rollback()
    [row] = db.session.scalars(select(Subscription)).all()
    [inbox] = db.session.scalars(select(Inbox)).all()
    assert (row.kind, row.url.rpartition("/")[2]) == (kind, inbox.token)
    assert inbox.subscription_id == row.id
    assert 'hx-trigger="every 1s"' in owner.get("/first-steps/", kind=kind).text


def test_a_second_click_changes_nothing(owner: Person) -> None:
    owner.get("/first-steps/")
    for step in ("receiver", "receiver", "subscription", "subscription", "sample", "sample"):
        owner.post(f"/first-steps/{step}", kind="webhook")
    db.session.rollback()
    assert len(db.session.scalars(select(Inbox)).all()) == 1
    assert len(db.session.scalars(select(Subscription)).all()) == 1
    sent = db.session.scalars(select(Delivery).where(Delivery.trigger == "test")).all()
    assert len(sent) == 2  # the ping and the sample


def test_steps_that_come_later_do_nothing_yet(owner: Person) -> None:
    owner.get("/first-steps/")
    for step in ("subscription", "sample"):
        assert owner.post(f"/first-steps/{step}", kind="webhook").status_code == 302
    assert db.session.scalars(select(Subscription)).all() == []
    assert done(owner) == 0


def test_a_server_of_ones_own_counts_when_the_sample_arrived(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    assert done(owner) == 2
    owner.post("/first-steps/sample", kind="webhook")
    arrange(status="failed", error="Connection refused")
    page = owner.get("/first-steps/").text
    assert "not delivered" in page
    assert "Connection refused" in page
    owner.post("/first-steps/sample", kind="webhook")
    arrange(status="delivered")
    assert done(owner) == 4


def test_the_overview_leads_until_something_real_was_delivered(
    owner: Person, organisation: Organisation
) -> None:
    assert 'id="first-steps"' in owner.get("/").text
    row = factories.webhook(organisation, URL)
    assert 'id="first-steps"' in owner.get("/").text
    health = update(SubscriptionHealth).where(SubscriptionHealth.subscription_id == row.id)
    db.session.execute(health.values(delivered=1))
    db.session.commit()
    assert 'id="first-steps"' not in owner.get("/").text


def test_they_can_be_hidden(owner: Person) -> None:
    owner.get("/")
    owner.post("/first-steps/hide")
    page = owner.get("/").text
    assert 'id="first-steps"' not in page
    assert "under Help" in page


def test_viewers_see_them_without_buttons(
    organisation: Organisation, person: Callable[..., Person]
) -> None:
    page = person("viewer", organisation).get("/first-steps/").text
    assert "Open a test receiver" not in page
    assert "0 of 4 steps done" in page
