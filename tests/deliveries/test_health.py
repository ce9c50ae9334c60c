"""How an action or webhook is doing, and what went wrong last."""

from datetime import timedelta
from typing import Any

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from webhooks_app.deliveries.health import LOOKED_AT, health_of, last_errors
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, Subscription

NOW = utcnow()
URL = "https://receiver.example/hook"


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    webhook = factories.webhook(organisation, URL)
    webhook.health.failing_since = NOW
    db.session.commit()
    return webhook


def sent(organisation: Organisation, count: int = 1) -> list[Delivery]:
    """That many more deliveries, the newest first."""
    for _ in range(count):
        factories.accepted(organisation)
    newest = db.select(Delivery).order_by(Delivery.id.desc()).limit(count)
    return list(db.session.scalars(newest))


def put(delivery: Delivery, status: str, error: str | None, **more: Any) -> None:
    later = utcnow() + timedelta(minutes=5)
    arrange(delivery.id, status=status, **{"due_at": later, "error": error, **more})


def errors(*rows: Subscription) -> dict[str, str]:
    return dict(last_errors(db.session(), rows))


def test_the_newest_failure_says_why(organisation: Organisation, webhook: Subscription) -> None:
    new, old = sent(organisation, 2)
    put(old, "failed", "It was long ago")
    put(new, "failed", "The endpoint answered 401")
    assert errors(webhook) == {webhook.id: "The endpoint answered 401"}


def test_what_is_tried_again_says_why_behind_any_number_that_wait(
    organisation: Organisation, webhook: Subscription
) -> None:
    [first] = sent(organisation)
    put(first, "retrying", "The name could not be resolved")
    sent(organisation, LOOKED_AT + 1)
    assert errors(webhook) == {webhook.id: "The name could not be resolved"}


def test_a_test_says_nothing(organisation: Organisation, webhook: Subscription) -> None:
    new, old = sent(organisation, 2)
    put(old, "failed", "The endpoint answered 500")
    put(new, "failed", "Only a test", trigger="test")
    assert errors(webhook) == {webhook.id: "The endpoint answered 500"}


def test_only_those_that_fail_are_looked_up(
    organisation: Organisation, webhook: Subscription
) -> None:
    other = factories.webhook(organisation, URL)
    for delivery in sent(organisation, 2):
        put(delivery, "failed", "The endpoint answered 500")
    assert set(errors(webhook, other)) == {webhook.id}
    assert errors(other) == {}
    assert errors() == {}


def test_each_has_one_state(organisation: Organisation, webhook: Subscription) -> None:
    assert health_of(webhook, None, {webhook.id: "Why"}) == ("failing", NOW, "Why")
    webhook.health.failing_since, webhook.health.last_success_at = None, NOW
    assert health_of(webhook, None, {}) == ("healthy", NOW, "")
    webhook.enabled, webhook.disabled_at, webhook.disabled_reason = False, NOW, "410 Gone"
    assert health_of(webhook, None, {}) == ("off", NOW, "410 Gone")
    assert health_of(webhook, "Edit it", {}) == ("broken", None, "Edit it")
    webhook.enabled, webhook.health.last_success_at = True, None
    assert health_of(webhook, None, {}) == ("unused", None, "")


def test_the_rate_is_of_all_attempts(webhook: Subscription) -> None:
    health = webhook.health
    health.delivered, health.failed, health.failed_attempts = 0, 0, 0
    assert health.success_rate is None
    health.failed_attempts = 4
    assert health.success_rate == 0
    health.delivered = 12
    assert health.success_rate == 0.75
