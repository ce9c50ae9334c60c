"""Periodic checks: failing endpoints, deliveries of subscriptions that are off, old rows."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from tests import factories
from tests.support.engine import deliveries
from tests.support.open_deliveries import arrange
from tests.support.slices import finish
from webhooks_app.channels.contract import Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.deliveries import replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.retention import expired
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.record import Result, record_result
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Attempt,
    Delivery,
    DeliveryStat,
    Event,
    Notification,
    Organisation,
    Queued,
    ReplayBatch,
    Subscription,
    SubscriptionHealth,
)
from webhooks_app.operations.integrity_check import audit
from webhooks_app.operations.periodic import take_turn
from webhooks_app.subscriptions.auto_disable import cancel_left_over, warn_and_disable
from webhooks_app.vocabulary import Failure

LEASE = timedelta(seconds=30)


def fails(webhook: Subscription, since: datetime, until: datetime) -> None:
    db.session.execute(
        update(SubscriptionHealth)
        .where(SubscriptionHealth.subscription_id == webhook.id)
        .values(failing_since=since, last_failure_at=until)
    )
    db.session.commit()


def kinds() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Notification.kind).order_by(Notification.id)))


def swept(at: datetime) -> None:
    db.session.rollback()
    warn_and_disable(db.engine, at)


def test_an_endpoint_is_reported_after_a_day_once_and_disabled_after_five(
    organisation: Organisation,
) -> None:
    webhook = factories.webhook(organisation, "https://a.example")
    healthy = factories.webhook(organisation, "https://b.example", event_types=["lead.updated"])
    factories.accepted(organisation)
    start = utcnow()

    def sweep(hours: int) -> None:
        fails(webhook, start, start + timedelta(hours=hours))
        swept(start + timedelta(hours=hours))

    sweep(23)
    assert kinds() == []
    for hours in (25, 26, 60, 119):
        sweep(hours)
        assert kinds() == ["endpoint_failing"]
        assert db.session.get_one(Subscription, webhook.id, populate_existing=True).enabled
    sweep(121)
    assert kinds() == ["endpoint_failing", "endpoint_disabled"]

    disabled = db.session.get_one(Subscription, webhook.id, populate_existing=True)
    assert not disabled.enabled
    assert "5 days" in (disabled.disabled_reason or "")
    assert disabled.disabled_at is not None
    assert [row.status for row in deliveries()] == ["cancelled"]
    assert factories.accepted(organisation)[0].deliveries == 0
    assert db.session.get_one(Subscription, healthy.id).enabled


def test_one_failure_before_a_quiet_week_is_no_failure_of_a_week(
    organisation: Organisation,
) -> None:
    webhook = factories.webhook(organisation, "https://a.example")
    start = utcnow()
    fails(webhook, start, start)
    swept(start + timedelta(days=7))
    assert kinds() == []
    assert db.session.get_one(Subscription, webhook.id, populate_existing=True).enabled


def test_a_backlog_of_any_size_is_cancelled(organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(2500)])
    db.session.execute(update(Subscription).values(enabled=False))
    db.session.commit()
    cancel_left_over(db.engine)
    assert {row.status for row in deliveries()} == {"cancelled"}


def test_what_was_left_waiting_for_a_subscription_that_is_off_is_cancelled(
    organisation: Organisation,
) -> None:
    """A delivery planned by a process that had not seen the change yet."""
    webhook = factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, factories.lead(), factories.lead())
    db.session.rollback()
    assert len(claim(db.engine, ClaimRequest(limit=1, free={}), LEASE)) == 1
    db.session.execute(update(Subscription).values(enabled=False, revision=webhook.revision + 1))
    db.session.commit()

    cancel_left_over(db.engine)
    assert sorted(row.status for row in deliveries()) == ["cancelled", "sending"]
    arrange(Delivery.status == "sending", due_at=utcnow() - timedelta(seconds=1))
    cancel_left_over(db.engine)
    assert {(row.status, row.due_at) for row in deliveries()} == {("cancelled", None)}
    assert audit(db.engine, 90).ok


def aged(days: int) -> None:
    """Make everything stored that old: ids hold the time."""
    moment = utcnow() - timedelta(days=days)
    for model, prefix in ((Event, "evt"), (Delivery, "msg")):
        old = floor_id(prefix, moment.timestamp())[:-4]
        for number, row in enumerate(db.session.scalars(select(model))):
            was, row.id = row.id, f"{old}{number:04}"
            if model is Event:
                db.session.execute(
                    update(Delivery).where(Delivery.event_id == was).values(event_id=row.id)
                )
            else:
                db.session.execute(
                    update(Attempt).where(Attempt.delivery_id == was).values(delivery_id=row.id)
                )
                db.session.execute(
                    update(Queued).where(Queued.delivery_id == was).values(delivery_id=row.id)
                )
    db.session.commit()


def counted() -> dict[str, int]:
    db.session.rollback()
    return {
        model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0
        for model in (Event, Delivery, Attempt)
    }


@pytest.mark.parametrize(("days", "left"), [(89, 3), (91, 0)])
def test_what_is_older_than_the_retention_is_deleted(
    organisation: Organisation, days: int, left: int
) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    arrange(status="cancelled", finished_at=utcnow())
    db.session.add(
        DeliveryStat(
            subscription_id="whk_1",
            hour=utcnow() - timedelta(days=days),
            outcome="delivered",
            latency_ms=5,
            count=1,
        )
    )
    aged(days)
    finish(expired(db.engine, utcnow(), 90))
    assert counted() == {"events": left, "deliveries": left, "attempts": 0}
    assert db.session.scalar(select(func.count()).select_from(DeliveryStat)) == (1 if left else 0)


def test_what_still_waits_is_kept_however_old_it_is(organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    aged(200)
    finish(expired(db.engine, utcnow(), 90))
    assert counted() == {"events": 1, "deliveries": 1, "attempts": 0}


def test_what_lost_its_event_or_delivery_is_deleted_too(organisation: Organisation) -> None:
    """Nothing of ours leaves such rows behind, but a change by hand may; open ones stay."""
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, factories.lead(), factories.lead())
    db.session.rollback()
    claimed = claim(db.engine, ClaimRequest(limit=1, free={}), LEASE)
    lost = Tried("https://a.example", Outcome(Failure.STATUS, "bad", utcnow(), 0.1))
    record_result(db.engine, Result(claimed[0], lost, None))
    aged(91)
    db.session.execute(delete(Event))
    db.session.commit()
    finish(expired(db.engine, utcnow(), 90))
    assert counted() == {"events": 0, "deliveries": 1, "attempts": 0}
    db.session.add(
        Attempt(
            delivery_id=floor_id("msg", 1.0),
            number=1,
            outcome="failed",
            url="",
            request_headers="{}",
            response_headers="[]",
            response_body=b"",
            response_truncated=False,
            started_at=utcnow(),
            duration_ms=1,
        )
    )
    db.session.commit()
    finish(expired(db.engine, utcnow(), 90))
    assert counted()["attempts"] == 0


def test_replays_that_are_over_are_forgotten_too(organisation: Organisation) -> None:
    session, tenant = db.session(), factories.tenant(organisation)
    over = replays.start(session, tenant, "ada@example.com", Filters(), ["msg_1"])
    replays.cancel(session, over)
    runs = replays.start(session, tenant, "ada@example.com", Filters(), ["msg_2"])
    left_then = ((89, sorted([over.id, runs.id])), (91, [runs.id]))
    db.session.rollback()
    for days, left in left_then:
        finish(expired(db.engine, utcnow() + timedelta(days=days), 90))
        db.session.rollback()
        assert sorted(db.session.scalars(select(ReplayBatch.id))) == left
        db.session.rollback()


def test_a_turn_is_taken_once(app: Flask) -> None:
    every, start = timedelta(minutes=1), utcnow()
    assert take_turn(db.engine, "job", every, start)
    assert not take_turn(db.engine, "job", every, start)
    assert not take_turn(db.engine, "job", every, start + timedelta(seconds=59))
    assert take_turn(db.engine, "other", every, start)
    assert take_turn(db.engine, "job", every, start + timedelta(seconds=61))
    assert not take_turn(db.engine, "job", every, start + timedelta(seconds=61))
