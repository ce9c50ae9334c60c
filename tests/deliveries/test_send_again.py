"""One delivery sent again: retried now while it waits, replayed once it has ended."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests import factories
from tests.support.engine import attempts, deliveries, queue_rows
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from webhooks_app import queue
from webhooks_app.deliveries import log, replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.send_again import retry_now, send_again
from webhooks_app.extensions import db
from webhooks_app.jobs.replays import run_batch
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry, Delivery, Organisation, ReplayBatch, Subscription

Run = Callable[[], list[Delivery]]


@pytest.fixture
def webhook(organisation: Organisation, receiver: Receiver) -> Subscription:
    receiver.answer = lambda request: Answer(500)
    return factories.webhook(organisation, receiver.url)


def logged(organisation: Organisation, delivery: Delivery) -> log.Logged:
    return log.find_delivery(db.session(), factories.tenant(organisation), delivery.id)


def replay_all(organisation: Organisation, filters: Filters) -> ReplayBatch:
    tenant = factories.tenant(organisation)
    batch = replays.start(db.session(), tenant, "owner@example.com", filters)
    run_batch(batch.id, utcnow().isoformat())
    db.session.rollback()
    return db.session.get_one(ReplayBatch, batch.id, populate_existing=True)


def test_retry_now_makes_the_next_attempt_and_goes_on_with_the_policy(
    organisation: Organisation, webhook: Subscription, receiver: Receiver, run: Run
) -> None:
    factories.accepted(organisation)
    [waiting] = run()
    assert waiting.status == "retrying"
    assert waiting.due_at is not None
    assert waiting.due_at > utcnow() + timedelta(seconds=30)
    assert retry_now(db.session(), logged(organisation, waiting))
    [again] = run()
    assert (again.id, again.status, again.tries, again.failures) == (waiting.id, "retrying", 2, 2)
    assert again.due_at is not None
    assert again.due_at > utcnow() + timedelta(minutes=4)
    receiver.answer = lambda request: Answer(200)
    assert retry_now(db.session(), logged(organisation, again))
    [delivered] = run()
    assert (delivered.status, delivered.tries) == ("delivered", 3)
    assert [row.number for row in attempts()] == [1, 2, 3]
    assert receiver.delivery_ids == [waiting.id] * 3
    assert "delivery.retried" in db.session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize("status", ["sending", "delivered", "failed", "cancelled"])
def test_what_does_not_wait_is_not_retried(
    organisation: Organisation, webhook: Subscription, status: str
) -> None:
    factories.accepted(organisation)
    arrange(status=status, due_at=utcnow() + timedelta(seconds=20))
    [row], queued = deliveries(), queue_rows()
    assert not retry_now(db.session(), logged(organisation, row))
    assert [one.status for one in deliveries()] == [status]
    assert [one.due_at for one in queue_rows()] == [one.due_at for one in queued]
    assert "delivery.retried" not in db.session.scalars(select(AuditEntry.action)).all()


def test_a_retry_and_a_replay_are_logged_and_wake_an_engine(
    organisation: Organisation, webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.accepted(organisation)
    rung: list[str] = []
    monkeypatch.setattr(queue, "nudge", lambda: rung.append("rung"))
    [row] = deliveries()
    send_again(db.session(), logged(organisation, row))
    arrange(status="failed")
    db.session.expire_all()
    again = send_again(db.session(), logged(organisation, deliveries()[0])).delivery
    entries = db.session.query(AuditEntry).order_by(AuditEntry.action).all()
    assert [(one.action, one.target_id, one.detail) for one in entries] == [
        ("delivery.replayed", row.id, {"to": webhook.name, "replay": again.id}),
        ("delivery.retried", row.id, {"to": webhook.name}),
    ]
    assert rung == ["rung"] * 2


def test_nothing_is_retried_while_it_is_paused(
    organisation: Organisation, webhook: Subscription
) -> None:
    factories.accepted(organisation)
    later = utcnow() + timedelta(hours=2)
    arrange(status="retrying", due_at=later)
    db.session.execute(update(Subscription).values(paused_at=utcnow()))
    db.session.commit()
    [row] = deliveries()
    db.session.expire_all()
    with pytest.raises(Conflict, match="is paused"):
        retry_now(db.session(), logged(organisation, row))
    db.session.rollback()
    assert [one.due_at for one in deliveries()] == [later]


def test_what_is_due_before_keeps_its_place_in_the_queue(
    organisation: Organisation, webhook: Subscription
) -> None:
    factories.accepted(organisation)
    [row] = deliveries()
    assert retry_now(db.session(), logged(organisation, row))
    assert deliveries()[0].due_at == row.due_at


def test_only_that_one_is_retried(organisation: Organisation, webhook: Subscription) -> None:
    factories.accepted(organisation, *[factories.lead() for _ in range(2)])
    later = utcnow() + timedelta(hours=2)
    arrange(status="retrying", due_at=later)
    first, other = deliveries()
    assert retry_now(db.session(), logged(organisation, first))
    due = {row.id: row.due_at for row in deliveries()}
    assert due[other.id] == later
    assert due[first.id] != later


@pytest.mark.parametrize("status", ["pending", "retrying", "sending"])
def test_one_that_has_not_ended_is_never_copied(
    organisation: Organisation, webhook: Subscription, status: str
) -> None:
    factories.accepted(organisation)
    later = utcnow() + timedelta(hours=2)
    arrange(status=status, due_at=later)
    [row] = deliveries()
    [before] = queue_rows()
    assert send_again(db.session(), logged(organisation, row)).delivery.id == row.id
    batch = replay_all(organisation, Filters())
    assert (batch.replayed, batch.retried, batch.skipped) == (0, 1, 0)
    [only] = deliveries()
    assert only.status == status
    [after] = queue_rows()
    assert after.due_at <= utcnow()
    assert (after.due_at == before.due_at) is (status == "sending")


def test_nothing_is_sent_to_what_is_off_or_deleted(
    organisation: Organisation, webhook: Subscription
) -> None:
    factories.accepted(organisation)
    [row] = deliveries()
    for values, why in (
        ({"enabled": False, "deleted_at": None}, "is off"),
        ({"enabled": True, "deleted_at": utcnow()}, "was deleted"),
    ):
        db.session.execute(update(Subscription).values(**values))
        db.session.commit()
        for ended in (True, False):
            arrange(status="failed" if ended else "pending", due_at=utcnow())
            with pytest.raises(Conflict, match=f"The webhook {why}"):
                send_again(db.session(), logged(organisation, row))
            db.session.rollback()


def test_a_delivery_knows_the_newest_replay_of_it(
    organisation: Organisation, webhook: Subscription, receiver: Receiver, run: Run
) -> None:
    other = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    arrange(status="failed")
    original, untouched = sorted(deliveries(), key=lambda row: row.subscription_id == other.id)
    assert logged(organisation, original).replay is None
    first = send_again(db.session(), logged(organisation, original)).delivery.id
    run()
    arrange(first, status="failed")
    receiver.answer = lambda request: Answer(200)
    again = db.session.get_one(Delivery, first)
    second = send_again(db.session(), logged(organisation, again)).delivery.id
    run()
    db.session.expire_all()
    tenant = factories.tenant(organisation)
    page = log.list_deliveries(db.session(), tenant, Filters(), PageBounds())
    listed = {
        row.delivery.id: row.replay and (row.replay.id, row.replay.status) for row in page.rows
    }
    assert listed == {
        original.id: (second, "delivered"),
        first: (second, "delivered"),
        second: None,
        untouched.id: None,
    }
    assert logged(organisation, original).replay is not None


def test_recovering_again_sends_one_copy_of_what_still_has_not_arrived(
    organisation: Organisation, webhook: Subscription, run: Run
) -> None:
    factories.accepted(organisation)
    missing = Filters(missing=True)
    for round_ in range(1, 4):
        arrange(status="failed")
        assert replay_all(organisation, missing).replayed == 1
        assert len(deliveries()) == 1 + round_


def test_a_failed_test_is_not_missing(organisation: Organisation, webhook: Subscription) -> None:
    factories.accepted(organisation)
    arrange(status="failed", trigger="test")
    assert replay_all(organisation, Filters(missing=True)).replayed == 0
