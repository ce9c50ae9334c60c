"""Whoever changes open deliveries finds all of them, and takes none from an engine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from tests import factories
from tests.support import older
from tests.support.engine import attempts, deliveries, queue_rows
from tests.support.open_deliveries import arrange
from tests.support.servers import PATIENCE, wait_until
from webhooks_app.deliveries import cancelling, log, overview, send_again
from webhooks_app.engine import pausing, switching_off
from webhooks_app.engine.adoption import adopt_some
from webhooks_app.events import erasure
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Event, Organisation, Queued, Subscription
from webhooks_app.operations.figures import _backlog
from webhooks_app.operations.integrity_check import audit
from webhooks_app.subscriptions.auto_disable import cancel_left_over

LEASE = timedelta(seconds=30)
WAITS_FOR_A_LOCK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""
# What a claim writes.
TAKEN = (
    "UPDATE queue SET leased_until = now() + interval '1 minute', tries = tries + 1",
    "UPDATE deliveries SET status = 'sending', tries = tries + 1",
)


@pytest.fixture
def delivery(organisation: Organisation) -> Delivery:
    factories.webhook(organisation, "https://receiver.example")
    factories.accepted(organisation)
    [delivery] = deliveries()
    return delivery


def logged(session: Session, delivery: Delivery) -> log.Logged:
    organisation = session.get_one(Organisation, delivery.organisation_id)
    return log.find_delivery(session, factories.tenant(organisation), delivery.id)


def cancel(session: Session, delivery: Delivery) -> None:
    cancelling.cancel(session, logged(session, delivery))


def retry(session: Session, delivery: Delivery) -> None:
    if not send_again.retry_now(session, logged(session, delivery)):
        raise Conflict("It does not wait.")


def erase(session: Session, delivery: Delivery) -> None:
    erasure.erase(session, session.get_one(Event, delivery.event_id))


def switch_off(session: Session, delivery: Delivery) -> None:
    switching_off.cancel_waiting(session.connection(), delivery.subscription_id)
    session.commit()


def resume(session: Session, delivery: Delivery) -> None:
    pausing.spread(session.connection(), delivery.subscription_id, utcnow(), 1)
    session.commit()


def resume_at_once(session: Session, delivery: Delivery) -> None:
    pausing.bring_back(session.connection(), delivery.subscription_id, utcnow())
    session.commit()


Change = Callable[[Session, Delivery], None]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (cancel, "cancelled"),
        (erase, "cancelled"),
        (switch_off, "cancelled"),
        (retry, "pending"),
        (resume, "pending"),
        (resume_at_once, "pending"),
    ],
)
def test_what_an_older_version_left_open_is_found(
    delivery: Delivery, change: Change, status: str
) -> None:
    older.plan(delivery.id)
    assert queue_rows() == []
    with Session(db.engine) as session:
        change(session, delivery)
    assert [one.status for one in deliveries()] == [status]
    assert [one.delivery_id for one in queue_rows()] == [delivery.id] * (status == "pending")
    assert audit(db.engine, 90).ok


@pytest.mark.parametrize(
    ("values", "status"), [({"enabled": False}, "cancelled"), ({"paused_at": utcnow()}, "pending")]
)
def test_a_try_that_an_older_engine_lost_is_released(
    delivery: Delivery, values: dict[str, Any], status: str
) -> None:
    older.plan(delivery.id)
    older.claim(delivery.id, utcnow() - LEASE)
    db.session.execute(update(Subscription).values(**values))
    db.session.commit()
    cancel_left_over(db.engine)
    assert [one.status for one in deliveries()] == [status]
    assert [one.outcome for one in attempts()] == ["lost"]
    assert audit(db.engine, 90).ok


@pytest.mark.parametrize("values", [{"enabled": False}, {"paused_at": utcnow()}])
def test_a_late_result_of_an_older_engine_stays(delivery: Delivery, values: dict[str, Any]) -> None:
    """It was adopted while that engine sent it."""
    older.plan(delivery.id)
    older.claim(delivery.id, utcnow() - LEASE)
    with db.engine.begin() as connection:
        adopt_some(connection)
    older.deliver(delivery.id, utcnow(), 1)
    db.session.execute(update(Subscription).values(**values))
    db.session.commit()
    cancel_left_over(db.engine)
    assert [one.status for one in deliveries()] == ["delivered"]
    assert (queue_rows(), attempts()) == ([], [])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("change", [cancel, erase, retry, switch_off, resume, resume_at_once])
def test_what_an_engine_takes_meanwhile_stays_with_it(
    app: Flask, delivery: Delivery, change: Change
) -> None:
    def change_it() -> bool:
        with app.app_context(), Session(db.engine) as session:
            change(session, delivery)
        return True

    put_off = utcnow() + timedelta(hours=1)
    arrange(due_at=put_off if change is resume_at_once else None)
    with ThreadPoolExecutor(1) as pool:
        with db.engine.begin() as claiming, db.engine.connect() as watching:
            for statement in TAKEN:
                claiming.execute(text(statement))
            [taken] = claiming.execute(text("SELECT * FROM queue")).all()
            changing = pool.submit(change_it)
            autocommit = watching.execution_options(isolation_level="AUTOCOMMIT")
            wait_until(lambda: changing.done() or autocommit.scalar(text(WAITS_FOR_A_LOCK)) > 0, 10)
        try:
            changing.result(PATIENCE)
        except Conflict:
            assert change in (cancel, erase, retry)
        else:
            assert change in (switch_off, resume, resume_at_once)
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM queue")).all() == [taken]
    assert [one.status for one in deliveries()] == ["sending"]


def test_nothing_is_erased_while_a_delivery_of_it_may_be_sent(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that is stored just after what waits was cancelled may set it due again."""
    monkeypatch.setattr(erasure, "cancel", lambda *_, **__: 0)
    with Session(db.engine) as session, pytest.raises(Conflict, match="right now"):
        erase(session, delivery)
    db.session.rollback()
    assert db.session.get_one(Event, delivery.event_id).erased_at is None


def test_what_is_being_sent_is_late_once_its_lease_has_run_out(delivery: Delivery) -> None:
    def late() -> float:
        deliveries_late, _ = _backlog(db.engine)
        return sum(one.value for one in deliveries_late.samples)

    assert late() == 1
    arrange(status="sending", tries=1, due_at=utcnow() + LEASE)
    assert late() == 0
    arrange(due_at=utcnow() - LEASE)
    assert late() == 1


def test_the_overview_counts_what_is_open_without_tests(
    organisation: Organisation, delivery: Delivery
) -> None:
    """What waits, what waits for a retry, and what is being sent."""

    def waiting() -> int:
        tenant = factories.tenant(organisation)
        return overview.of(db.session(), tenant).waiting

    factories.accepted(organisation, *[factories.lead() for _ in range(4)])
    _, retried, sent, tested, ended = deliveries()
    arrange(retried.id, status="retrying", due_at=utcnow() + LEASE)
    db.session.execute(update(Queued).where(Queued.delivery_id == retried.id).values(delayed=True))
    arrange(sent.id, status="sending", tries=1)
    arrange(tested.id, trigger="test")
    arrange(ended.id, status="failed")
    others = factories.organisation("Others")
    factories.webhook(others, "https://others.example")
    factories.accepted(others)
    assert waiting() == 3
