"""Pausing keeps deliveries; resuming sends them, at a rate if asked."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.support.engine import Run, attempts, deliveries, engine, organisation, run
from tests.support.open_deliveries import arrange
from tests.support.receiver import Receiver
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.pausing import _paused
from webhooks_app.engine.rate_limiter import held
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    AuditEntry,
    Delivery,
    Notification,
    Organisation,
    Queued,
    Subscription,
)
from webhooks_app.operations.figures import _backlog
from webhooks_app.parts import parts
from webhooks_app.subscriptions import pausing, service, switching, test_delivery
from webhooks_app.subscriptions.auto_disable import cancel_left_over

__all__ = ["engine", "organisation", "run"]
LEASE = timedelta(seconds=30)


@pytest.fixture
def row(app: Flask, organisation: Organisation, receiver: Receiver) -> Iterator[Subscription]:
    yield factories.webhook(organisation, receiver.url)
    db.session.rollback()


def pause(row: Subscription) -> None:
    pausing.pause(db.session(), row)


def accept(organisation: Organisation, count: int = 1) -> None:
    factories.accepted(organisation, *[factories.lead() for _ in range(count)])


def statuses() -> list[str]:
    return [one.status for one in deliveries()]


def age(days: float, delivery: Delivery) -> None:
    """As if it had been made then."""
    moment = utcnow() - timedelta(days=days)
    old = floor_id("msg", moment.timestamp())
    db.session.execute(update(Delivery).where(Delivery.id == delivery.id).values(id=old))
    mine = update(Queued).where(Queued.delivery_id == delivery.id)
    db.session.execute(mine.values(delivery_id=old, due_at=moment))
    db.session.commit()


def test_what_is_paused_waits_and_others_are_sent(
    run: Run, organisation: Organisation, row: Subscription, receiver: Receiver
) -> None:
    with Receiver() as other:
        factories.webhook(organisation, other.url)
        pause(row)
        accept(organisation, 3)
        assert sorted(one.status for one in run()) == ["delivered"] * 3 + ["pending"] * 3
        assert (len(other.received), len(receiver.received)) == (3, 0)
        pausing.resume(db.session(), row)
        assert {one.status for one in run()} == {"delivered"}
        assert len(receiver.received) == 3


def test_nothing_is_due_while_only_paused_deliveries_wait(
    organisation: Organisation, row: Subscription
) -> None:
    accept(organisation)
    db.session.rollback()
    assert anything_due(db.engine)
    row.rate_limit = 1.0
    pause(row)
    assert not anything_due(db.engine)
    db.session.rollback()
    assert claim(db.engine, ClaimRequest(limit=10, free={}), LEASE) == []
    assert held(db.engine, [row.id]) == {}
    assert sum(one.value for gauge in _backlog(db.engine) for one in gauge.samples) == 0
    pausing.resume(db.session(), row)
    assert anything_due(db.engine)


def test_resuming_at_a_rate_gives_each_its_time_oldest_first(
    organisation: Organisation, row: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks_app.engine.pausing.BATCH", 4)
    pause(row)
    accept(organisation, 10)
    before = utcnow()
    pausing.resume(db.session(), row, rate=5)
    found = deliveries()
    due = [one.due_at for one in found if one.due_at]
    assert len(due) == 10
    assert before <= due[0] <= utcnow()
    assert [later - sooner for sooner, later in pairwise(due)] == [timedelta(seconds=0.2)] * 9
    accept(organisation)
    assert deliveries()[-1].due_at < due[-1]  # type: ignore[operator]


def test_a_retry_that_is_due_later_keeps_its_time_through_a_pause(
    organisation: Organisation, row: Subscription
) -> None:
    accept(organisation, 2)
    later = utcnow() + timedelta(hours=1)
    [first, _] = deliveries()
    arrange(first.id, status="retrying", due_at=later, failures=1)
    pause(row)
    pausing.resume(db.session(), row, rate=0.1)
    [first, second] = deliveries()
    assert first.due_at == later
    assert second.due_at is not None
    assert second.due_at <= utcnow()


def test_resuming_again_without_a_rate_sends_what_the_rate_put_off(
    run: Run, organisation: Organisation, row: Subscription
) -> None:
    pause(row)
    accept(organisation, 3)
    pausing.resume(db.session(), row, rate=0.1)
    assert [one.status for one in run()] == ["delivered", "pending", "pending"]
    pause(row)
    pausing.resume(db.session(), row)
    assert [one.status for one in run()] == ["delivered"] * 3


def test_switching_off_cancels_what_waits_and_ends_the_pause(
    organisation: Organisation, row: Subscription
) -> None:
    pause(row)
    accept(organisation)
    switching.set_enabled(db.session(), row, enabled=False)
    assert statuses() == ["cancelled"]
    assert not row.is_paused
    with pytest.raises(Conflict, match="is off"):
        pause(row)
    switching.set_enabled(db.session(), row, enabled=True)
    assert (row.paused_at, row.paused_until) == (None, None)


@pytest.mark.parametrize("how", ["off", "deleted"])
def test_the_pause_of_one_that_is_off_or_deleted_stays_as_it_is(
    organisation: Organisation, row: Subscription, how: str
) -> None:
    """Nothing resumes it, and none of its deliveries counts as paused."""
    pausing.pause(db.session(), row, utcnow() + timedelta(minutes=1))
    if how == "off":
        switching.set_enabled(db.session(), row, enabled=False)
    else:
        service.delete_subscription(db.session(), row)
    db.session.execute(update(Subscription).values(paused_until=utcnow()))
    db.session.commit()
    upkeep.resume_paused()
    db.session.refresh(row)
    assert row.paused_at is not None
    db.session.rollback()
    with db.engine.connect() as connection:
        assert connection.scalars(_paused()).all() == []


def test_resuming_twice_keeps_the_oldest_first(
    organisation: Organisation, row: Subscription
) -> None:
    accept(organisation, 3)
    pause(row)
    pausing.resume(db.session(), row, rate=0.1)
    pause(row)
    accept(organisation)
    pausing.resume(db.session(), row)
    found = deliveries()
    due = [one.due_at for one in found if one.due_at]
    assert len(due) == 4
    assert due == sorted(due)
    assert due[-1] <= utcnow()


def test_it_ends_by_itself(run: Run, organisation: Organisation, row: Subscription) -> None:
    with pytest.raises(Invalid):
        pausing.pause(db.session(), row, utcnow())
    pausing.pause(db.session(), row, utcnow() + timedelta(minutes=1))
    accept(organisation)
    upkeep.resume_paused()
    assert [one.status for one in run()] == ["pending"]
    db.session.execute(update(Subscription).values(paused_until=utcnow()))
    db.session.commit()
    upkeep.resume_paused()
    assert [one.status for one in run()] == ["delivered"]
    logged = db.session.execute(select(AuditEntry.action, AuditEntry.actor_kind)).all()
    assert ("webhook.resumed", "system") in [tuple(entry) for entry in logged]


def test_what_is_paused_past_the_retention_is_cancelled_with_that_reason(
    organisation: Organisation, row: Subscription
) -> None:
    pause(row)
    accept(organisation, 3)
    [old, young, _] = deliveries()
    days = parts().settings.retention_days
    age(days - 1.1, old)
    age(days - 1.5 + 1, young)
    upkeep.delete_expired()
    upkeep.delete_expired()
    found = deliveries()
    assert [one.status for one in found] == ["cancelled", "pending", "pending"]
    assert found[0].error == (
        f"Cancelled: the webhook was paused, and this waited for {days - 1} days. "
        "Nothing is kept for longer."
    )
    [notice] = db.session.scalars(select(Notification)).all()
    assert (notice.kind, notice.subscription_id) == ("paused_too_long", row.id)


def test_a_plan_that_keeps_less_cancels_sooner(
    organisation: Organisation, row: Subscription
) -> None:
    organisation.plan = "free"
    pause(row)
    accept(organisation)
    [old] = deliveries()
    age(parts().settings.retention_days / 2, old)
    upkeep.delete_expired()
    assert statuses() == ["cancelled"]


def test_what_a_dead_worker_was_sending_waits_again(
    run: Run, organisation: Organisation, row: Subscription
) -> None:
    accept(organisation)
    db.session.rollback()
    assert len(claim(db.engine, ClaimRequest(limit=1, free={}), timedelta(0))) == 1
    pause(row)
    db.session.rollback()
    cancel_left_over(db.engine)
    assert statuses() == ["pending"]
    assert [one.outcome for one in attempts()] == ["lost"]
    pausing.resume(db.session(), row)
    [one] = run()
    assert (one.status, one.tries) == ("delivered", 2)
    assert [one.outcome for one in attempts()] == ["lost", "succeeded"]


def test_it_gets_no_test_and_no_ping(organisation: Organisation, row: Subscription) -> None:
    pause(row)
    tenant = factories.tenant(organisation)
    with pytest.raises(Conflict, match="paused"):
        test_delivery.send_test(db.session(), tenant, row)
    vault, guard = parts().vault, parts().guard
    url = {"url": "http://127.0.0.1:9/elsewhere"}
    row.mode = "test"
    service.update_subscription(db.session(), row, url, vault, guard)
    assert deliveries() == []


def test_pausing_twice_and_resuming_twice_change_nothing(
    organisation: Organisation, row: Subscription
) -> None:
    pause(row)
    since, revision = row.paused_at, row.revision
    pause(row)
    assert (row.paused_at, row.revision) == (since, revision)
    pausing.resume(db.session(), row)
    revision = row.revision
    pausing.resume(db.session(), row, rate=1)
    assert row.revision == revision
    logged = list(db.session.scalars(select(AuditEntry.action)))
    assert sorted(logged) == ["webhook.paused", "webhook.resumed"]
