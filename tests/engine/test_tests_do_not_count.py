"""Tests and pings are sent once and count in no number, notice or state."""

from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.support.engine import Run, attempts
from tests.support.receiver import Answer, Receiver
from webhooks_app.deliveries import overview
from webhooks_app.deliveries.log import find_delivery
from webhooks_app.deliveries.send_again import send_again
from webhooks_app.extensions import db
from webhooks_app.models import (
    DeliveryStat,
    Notification,
    Organisation,
    Subscription,
    SubscriptionHealth,
)
from webhooks_app.operations.integrity_check import audit
from webhooks_app.subscriptions import test_delivery


def send(webhook: Subscription, name: str | None = None) -> None:
    row = db.session.get_one(Subscription, webhook.id, populate_existing=True)
    tenant = factories.tenant(db.session.get_one(Organisation, row.organisation_id))
    test_delivery.send_test(db.session(), tenant, row, name)


def numbers(webhook: Subscription) -> dict[str, Any]:
    """Everything counted or stored about a subscription's health."""
    db.session.rollback()
    health = db.session.get_one(SubscriptionHealth, webhook.id, populate_existing=True)
    columns = SubscriptionHealth.__table__.columns.keys()
    stats = select(DeliveryStat.outcome, DeliveryStat.count).order_by(DeliveryStat.outcome)
    return {
        "health": {name: getattr(health, name) for name in columns},
        "stats": [tuple(row) for row in db.session.execute(stats)],
        "notices": sorted(db.session.scalars(select(Notification.kind))),
        "enabled": db.session.scalar(
            select(Subscription.enabled).where(Subscription.id == webhook.id)
        ),
    }


@pytest.mark.parametrize("name", [None, test_delivery.PING])
@pytest.mark.parametrize("status", [200, 410, 500])
def test_a_test_is_sent_once_and_changes_no_number(
    organisation: Organisation, receiver: Receiver, run: Run, status: int, name: str | None
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    receiver.answer = lambda request: Answer(status)
    before = numbers(webhook)
    send(webhook, name)
    [delivery] = run()
    expected = "delivered" if status == 200 else "failed"
    assert (delivery.status, delivery.status_code, delivery.tries) == (expected, status, 1)
    assert (delivery.due_at, len(attempts())) == (None, 1)
    assert numbers(webhook) == before
    assert audit(db.engine, 90).ok


@pytest.mark.parametrize("status", [200, 500])
def test_a_test_neither_ends_nor_prolongs_a_failing_state(
    organisation: Organisation, receiver: Receiver, run: Run, status: int
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    receiver.answer = lambda request: Answer(500)
    factories.accepted(organisation)
    run()
    before = numbers(webhook)
    assert before["health"]["failing_since"] is not None
    receiver.answer = lambda request: Answer(status)
    send(webhook)
    run()
    assert numbers(webhook) == before


def test_a_test_beside_a_real_event_takes_nothing_from_its_numbers(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    send(webhook)
    run()
    assert numbers(webhook)["health"]["delivered"] == 1
    assert numbers(webhook)["stats"] == [("delivered", 1)]


def test_the_replay_of_a_test_does_not_count_either(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    receiver.answer = lambda request: Answer(410)
    before = numbers(webhook)
    send(webhook)
    [test] = run()
    logged = find_delivery(db.session(), factories.tenant(organisation), test.id)
    send_again(db.session(), logged)
    _, again = run()
    assert (again.replay_of, again.status, again.trigger) == (test.id, "failed", "test")
    assert numbers(webhook) == before


def test_a_test_is_not_counted_as_waiting(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, "https://a.example")
    send(webhook)
    assert overview.of(db.session(), factories.tenant(organisation)).waiting == 0
    factories.accepted(organisation)
    assert overview.of(db.session(), factories.tenant(organisation)).waiting == 1
