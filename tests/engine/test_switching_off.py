"""A cancelled delivery says how its subscription ended, and what failed before."""

import pytest
from sqlalchemy import update

from tests import factories
from tests.support.engine import Run, deliveries
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, Subscription
from webhooks_app.organisations.audit_log import Actor, ActorKind, act_as
from webhooks_app.subscriptions import service, switching
from webhooks_app.subscriptions.auto_disable import cancel_left_over


@pytest.fixture
def waiting(organisation: Organisation, receiver: Receiver, run: Run) -> Subscription:
    """A webhook with a delivery that failed once and one that was never tried."""
    receiver.answer = lambda request: Answer(503)
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    run()
    factories.accepted(organisation)
    db.session.refresh(webhook)
    return webhook


def assert_cancelled(why: str) -> None:
    tried, untried = deliveries()
    assert [tried.status, untried.status] == ["cancelled", "cancelled"]
    assert tried.error == f"Cancelled: the webhook {why} Last error: The endpoint answered 503"
    assert untried.error == f"Cancelled: the webhook {why}"


def test_it_says_who_switched_it_off(waiting: Subscription) -> None:
    act_as(Actor(ActorKind.PERSON, "ada@example.com"))
    switching.set_enabled(db.session(), waiting, enabled=False)
    assert waiting.disabled_by == "ada@example.com"
    assert_cancelled("was switched off by ada@example.com.")
    switching.set_enabled(db.session(), waiting, enabled=True)
    assert waiting.disabled_by is None


def test_it_says_that_it_was_deleted(waiting: Subscription) -> None:
    service.delete_subscription(db.session(), waiting)
    assert_cancelled("was deleted.")


def test_it_says_why_it_was_switched_off_for_it(waiting: Subscription) -> None:
    waiting_id = waiting.id
    db.session.rollback()
    with db.engine.begin() as connection:
        disable(connection, [waiting_id], "It failed for 5 days.")
    assert_cancelled("was switched off. It failed for 5 days.")


def test_what_the_sweep_finds_says_so_too(waiting: Subscription) -> None:
    values = {"enabled": False, "disabled_by": "key of the shop"}
    db.session.execute(update(Subscription).values(revision=99, **values))
    db.session.commit()
    cancel_left_over(db.engine)
    assert_cancelled("was switched off by key of the shop.")


def test_a_worker_that_died_leaves_the_reason_too(waiting: Subscription) -> None:
    arrange(status="sending", due_at=utcnow(), tries=7)
    db.session.execute(update(Subscription).values(deleted_at=utcnow()))
    db.session.commit()
    cancel_left_over(db.engine)
    assert_cancelled("was deleted.")


def test_a_long_error_is_cut_to_what_a_row_holds(waiting: Subscription) -> None:
    db.session.execute(update(Delivery).values(error="x" * 500))
    db.session.commit()
    service.delete_subscription(db.session(), waiting)
    assert {len(row.error or "") for row in deliveries()} == {500}
