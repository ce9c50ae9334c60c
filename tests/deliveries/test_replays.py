"""Replays of many deliveries: watched, cancelled, resumed, never sent twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from msgspec import structs
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from tests import factories
from tests.support.open_deliveries import arrange
from webhooks_app.database import unless_busy
from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries import replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.extensions import db
from webhooks_app.jobs import replays as jobs
from webhooks_app.jobs.replays import resume_stalled
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Event, Organisation, ReplayBatch, Subscription
from webhooks_app.vocabulary import DeliveryStatus, SubscriptionKind

URL = "https://receiver.example/hook"
ALL = Filters()


@pytest.fixture
def webhook(app: Flask) -> Subscription:
    return factories.webhook(factories.organisation(), URL)


def failed(webhook: Subscription, count: int) -> list[str]:
    """That many failed deliveries, oldest first."""
    organisation = db.session.get_one(Organisation, webhook.organisation_id)
    factories.accepted(organisation, *[factories.lead() for _ in range(count)])
    arrange(status="failed")
    return [row.id for row in db.session.query(Delivery).order_by(Delivery.id)]


def start(webhook: Subscription, filters: Filters = ALL, ids: list[str] | None = None) -> str:
    organisation = db.session.get_one(Organisation, webhook.organisation_id)
    tenant = factories.tenant(organisation)
    batch = replays.start(db.session(), tenant, "owner@example.com", filters, ids or [])
    db.session.commit()
    return batch.id


def run_batch(batch_id: str) -> None:
    """Run the job as if it was asked for just now."""
    jobs.run_batch(batch_id, utcnow().isoformat())


def batch(batch_id: str) -> ReplayBatch:
    db.session.rollback()
    return db.session.get_one(ReplayBatch, batch_id, populate_existing=True)


def replayed() -> list[str]:
    """The new deliveries, by the delivery that each repeats."""
    db.session.rollback()
    rows = db.session.query(Delivery).filter_by(trigger="replay")
    return sorted(row.replay_of or "" for row in rows)


def test_it_replays_all_that_match_in_steps(
    webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "STEP", 3)
    ids = failed(webhook, 8)
    batch_id = start(webhook, Filters(status=DeliveryStatus.FAILED))
    run_batch(batch_id)
    assert replayed() == ids
    done = batch(batch_id)
    assert (done.status, done.total, done.replayed, done.skipped) == ("finished", 8, 8, 0)
    assert done.finished_at is not None


def test_chosen_rows_alone_are_replayed(webhook: Subscription) -> None:
    ids = failed(webhook, 5)
    run_batch(start(webhook, ids=[ids[1], ids[3]]))
    assert replayed() == [ids[1], ids[3]]


def test_rows_of_others_are_never_replayed(webhook: Subscription) -> None:
    others = factories.webhook(factories.organisation("Others"), URL)
    theirs = failed(others, 2)
    run_batch(start(webhook, ids=theirs))
    assert replayed() == []


def test_what_it_made_itself_is_not_replayed_again(webhook: Subscription) -> None:
    failed(webhook, 2)
    first = start(webhook)
    run_batch(first)
    run_batch(first)
    assert len(replayed()) == 2


def test_those_that_are_off_are_skipped(webhook: Subscription) -> None:
    failed(webhook, 3)
    webhook.enabled = False
    db.session.commit()
    batch_id = start(webhook)
    run_batch(batch_id)
    assert (batch(batch_id).replayed, batch(batch_id).skipped) == (0, 3)


def test_missing_leaves_out_what_a_replay_delivered(webhook: Subscription) -> None:
    ids = failed(webhook, 3)
    run_batch(start(webhook, ids=[ids[0]]))
    arrange(Delivery.trigger == "replay", status="delivered")
    run_batch(start(webhook, Filters(missing=True)))
    assert replayed() == ids


def test_a_job_that_died_is_resumed_where_it_was(
    webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "STEP", 2)
    ids = failed(webhook, 6)
    batch_id = start(webhook)
    monkeypatch.setattr(replays, "BUDGET", 0.0)
    assert replays.work(db.session(), batch_id)
    monkeypatch.setattr(replays, "BUDGET", 20.0)
    calls: list[str] = []
    monkeypatch.setattr(
        "webhooks_app.queue.enqueue_background", lambda job, *args: calls.append(args[0])
    )
    resume_stalled()
    assert calls == []
    long_ago = utcnow() - timedelta(minutes=5)
    db.session.execute(update(ReplayBatch).values(updated_at=long_ago))
    db.session.commit()
    resume_stalled()
    assert calls == [batch_id]
    run_batch(calls[0])
    assert replayed() == ids


def test_jobs_that_were_asked_for_twice_leave_one_successor(
    webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "STEP", 1)
    monkeypatch.setattr(replays, "BUDGET", 2)
    monkeypatch.setattr(replays, "monotonic", count().__next__)
    waiting: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "webhooks_app.queue.enqueue_background", lambda job, *args: waiting.append(args)
    )
    ids = failed(webhook, 6)
    start(webhook)
    long_ago = utcnow() - timedelta(minutes=5)
    db.session.execute(update(ReplayBatch).values(updated_at=long_ago))
    db.session.commit()
    resume_stalled()
    resume_stalled()
    assert len(waiting) == 3
    for _ in range(3):
        jobs.run_batch(*waiting.pop(0))
    assert len(waiting) == 1
    while waiting:
        jobs.run_batch(*waiting.pop(0))
    assert replayed() == ids


def test_cancelling_leaves_the_rest(webhook: Subscription, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "STEP", 2)
    failed(webhook, 6)
    batch_id = start(webhook)
    step = replays._step

    def cancel_after(session: Session, row: ReplayBatch) -> bool:
        more = step(session, row)
        replays.cancel(session, row)
        return more

    monkeypatch.setattr(replays, "_step", cancel_after)
    run_batch(batch_id)
    monkeypatch.undo()
    run_batch(batch_id)
    assert len(replayed()) == 2
    assert batch(batch_id).status == "cancelled"


def test_two_jobs_at_once_replay_each_delivery_once(
    app: Flask, webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "STEP", 5)
    ids = failed(webhook, 60)
    batch_id = start(webhook)

    def work() -> None:
        with app.app_context():
            while replays.work(db.session(), batch_id):
                pass
            db.session.remove()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    run_batch(batch_id)
    assert replayed() == ids
    assert batch(batch_id).replayed == 60


def test_others_may_write_while_it_looks_for_what_fits(
    webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = failed(webhook, 2)
    looks: list[str] = []

    def writing_after(look: Callable[..., Any]) -> Callable[..., Any]:
        def looked(*args: Any) -> Any:
            found = look(*args)
            with unless_busy(db.engine) as connection:
                connection.execute(update(Organisation).values(name=f"After {look.__name__}"))
            looks.append(look.__name__)
            return found

        return looked

    monkeypatch.setattr(replays, "_next", writing_after(replays._next))
    monkeypatch.setattr(deliveries, "count", writing_after(deliveries.count))
    run_batch(start(webhook))
    assert (looks, replayed()) == (["count", "_next"], ids)


RARE = (Filters(text="rare@"), Filters(event_type="lead.rare"), Filters(field=("email", "rare@")))


@pytest.fixture
def one_of_ten(webhook: Subscription, monkeypatch: pytest.MonkeyPatch) -> str:
    """A delivery that `RARE` fits. A step looks through three."""
    monkeypatch.setattr(deliveries, "LOOKED_THROUGH", 3 * 4)
    monkeypatch.setattr(deliveries, "SEARCHED_BYTES", 10**6)
    webhook.event_types = ["*"]
    organisation = db.session.get_one(Organisation, webhook.organisation_id)
    factories.accepted(organisation, *(factories.lead() for _ in range(10)))
    arrange(status="failed")
    delivery = db.session.query(Delivery).order_by(Delivery.id).all()[7]
    rare = {"type": "lead.rare", "data": '{"email":"rare@example.com"}'}
    db.session.execute(update(Event).where(Event.id == delivery.event_id).values(rare))
    db.session.commit()
    return delivery.id


@pytest.mark.parametrize("filters", RARE, ids=["text", "type", "field"])
def test_what_is_rare_is_looked_for_in_steps(
    webhook: Subscription, one_of_ten: str, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = structs.replace(filters, status=DeliveryStatus.FAILED)
    batch_id = start(webhook, filters)
    monkeypatch.setattr(replays, "COUNTING", 100)
    monkeypatch.setattr(replays, "BUDGET", 2)
    monkeypatch.setattr(replays, "monotonic", count().__next__)
    positions = []
    while replays.work(db.session(), batch_id):
        positions.append(batch(batch_id).position)
    ids = [row.id for row in db.session.query(Delivery).order_by(Delivery.id)][:10]
    assert positions == [None, ids[2], ids[5], ids[8]]
    assert replayed() == [one_of_ten]
    done = batch(batch_id)
    assert (done.status, done.total, done.replayed, done.skipped) == ("finished", 1, 1, 0)


def test_an_id_is_looked_up_but_stored_as_it_was_asked_for(
    webhook: Subscription, one_of_ten: str
) -> None:
    """Workers of the version before know no filter by the id of a delivery."""
    batch_id = start(webhook, Filters(text=one_of_ten))
    run_batch(batch_id)
    assert batch(batch_id).filters == {"text": one_of_ten}
    assert (replayed(), batch(batch_id).total) == ([one_of_ten], 1)


def test_what_is_deleted_meanwhile_moves_it_past_nothing(
    webhook: Subscription, one_of_ten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retention begins at the oldest, as a replay does."""
    batch_id = start(webhook, structs.replace(RARE[0], status=DeliveryStatus.FAILED))
    last_of = deliveries.last_of

    def after_retention(session: Session, *asked: Any) -> str | None:
        if asked[-1] is replays.oldest_first:  # not while it counts
            session.execute(delete(Delivery).where(Delivery.id < one_of_ten))
        return last_of(session, *asked)

    monkeypatch.setattr(deliveries, "last_of", after_retention)
    run_batch(batch_id)
    assert replayed() == [one_of_ten]


def test_counting_ends_in_a_long_log(
    webhook: Subscription, one_of_ten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "COUNTING", -1)
    filters = Filters(text="example.com", status=DeliveryStatus.FAILED)
    batch_id = start(webhook, filters)
    run_batch(batch_id)
    assert (batch(batch_id).total, batch(batch_id).replayed) == (3, 10)


def test_a_second_worker_looks_at_what_is_left(
    webhook: Subscription, one_of_ten: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has found the same deliveries does not take the step."""
    batch_id = start(webhook, structs.replace(RARE[0], status=DeliveryStatus.FAILED))
    looks, look = [], replays._next

    def beside_another(session: Session, row: ReplayBatch) -> Any:
        found = look(session, row)
        looks.append(row.position)
        if len(looks) == 1:
            session.rollback()
            run_batch(batch_id)
        return found

    monkeypatch.setattr(replays, "_next", beside_another)
    run_batch(batch_id)
    assert replayed() == [one_of_ten]
    assert (batch(batch_id).replayed, looks.count(None)) == (1, 2)


def test_the_same_replay_asked_for_twice_is_one(webhook: Subscription) -> None:
    ids = failed(webhook, 2)
    assert start(webhook) == start(webhook)
    assert start(webhook) != start(webhook, ids=ids)


SOME = {
    "kind": SubscriptionKind.WEBHOOK,
    "status": DeliveryStatus.FAILED,
    "status_codes": (500, 599),
    "field": ("lead.name", "Ada"),
    "missing": True,
    "again": True,
    "originals": ("msg_1",),
    "since": datetime(2026, 3, 2, 10, tzinfo=UTC),
    "until": datetime(2026, 3, 3, 10, tzinfo=UTC),
}


@pytest.mark.parametrize("member", Filters.__struct_fields__)
def test_a_second_click_starts_no_second_replay(webhook: Subscription, member: str) -> None:
    filters = Filters(**{member: SOME.get(member, "some")})
    assert start(webhook, filters) == start(webhook, filters)
    assert start(webhook, filters) != start(webhook)


def test_a_window_is_the_same_though_it_begins_a_little_later(webhook: Subscription) -> None:
    day = datetime(2026, 3, 2, 10, tzinfo=UTC)
    first = start(webhook, Filters(since=day))
    assert start(webhook, Filters(since=day + timedelta(seconds=3))) == first
    assert start(webhook, Filters(since=day + timedelta(hours=1))) != first


def test_a_filter_of_a_newer_version_does_not_mean_everything(webhook: Subscription) -> None:
    """An older worker may get a replay that a newer web server has stored."""
    failed(webhook, 2)
    batch_id = start(webhook)
    db.session.execute(update(ReplayBatch).values(filters={"newer": "x"}))
    db.session.commit()
    run_batch(batch_id)
    assert (batch(batch_id).status, replayed()) == ("cancelled", [])
