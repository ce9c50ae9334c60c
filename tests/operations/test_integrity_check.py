"""Each check can fail: the database is broken by hand in the way that it looks for."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

from tests import factories
from tests.support import older
from tests.support.open_deliveries import arrange
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Delivery, Event, Organisation, Queued, Subscription
from webhooks_app.operations.integrity_check import Report, audit

RETENTION = 90


def look() -> Report:
    db.session.commit()
    return audit(db.engine, RETENTION)


def broken() -> set[str]:
    return {name for name, count in look().broken.items() if count}


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    """With one event and three deliveries, of which one is delivered, one failed, one pending."""
    organisation = factories.organisation()
    for _ in range(3):
        factories.webhook(organisation, "http://127.0.0.1:1/hook")
    factories.accepted(organisation)
    delivered, failed, _ = db.session.query(Delivery).order_by(Delivery.id)
    end(delivered, "delivered", tries=2, failures=1)
    attempt(delivered, 1, "failed")
    attempt(delivered, 2, "succeeded")
    end(failed, "failed", tries=2, failures=1)
    attempt(failed, 1, "lost")
    attempt(failed, 2, "failed")
    db.session.commit()
    return organisation


def end(delivery: Delivery, status: str, **values: Any) -> None:
    arrange(delivery.id, status=status, **values)


def change(model: Any, which: Any, **values: Any) -> None:
    db.session.execute(update(model).where(which).values(**values))


def attempt(delivery: Delivery, number: int, outcome: str) -> None:
    row = Attempt(
        delivery_id=delivery.id,
        number=number,
        outcome=outcome,
        url=factories.SECRET,
        request_headers="{}",
        response_headers="[]",
        response_body=b"",
        response_truncated=False,
        started_at=utcnow(),
        duration_ms=1,
    )
    db.session.add(row)


def one(status: str) -> Delivery:
    return db.session.query(Delivery).filter_by(status=status).one()


def test_a_sound_database_is_ok(organisation: Organisation) -> None:
    report = look()

    assert report.ok
    assert report.totals == {
        "events": 1,
        "deliveries delivered": 1,
        "deliveries failed": 1,
        "deliveries pending": 1,
        "attempts": 4,
    }


def test_an_empty_database_is_ok(app: Flask) -> None:
    assert look().ok


def test_a_delivery_that_is_being_sent_has_no_attempt_yet(organisation: Organisation) -> None:
    arrange(one("pending").id, status="sending", tries=1)

    assert look().ok


def test_it_finds_an_event_without_its_deliveries(organisation: Organisation) -> None:
    db.session.execute(delete(Queued))
    db.session.execute(delete(Delivery).where(Delivery.status == "pending"))

    assert broken() == {"event without its deliveries"}


def test_events_of_tests_and_pings_plan_what_they_like(organisation: Organisation) -> None:
    change(Event, Event.id.is_not(None), origin="test", fan_out=7)

    assert look().ok


def test_replays_do_not_count_as_planned(organisation: Organisation) -> None:
    change(Delivery, Delivery.status == "pending", trigger="replay")
    change(Event, Event.id.is_not(None), fan_out=2)

    assert look().ok


def test_it_finds_a_delivery_planned_twice(organisation: Organisation) -> None:
    target = one("delivered").subscription_id
    change(Delivery, Delivery.status == "pending", subscription_id=target)

    assert broken() == {"delivery planned twice"}


def test_it_finds_a_delivery_without_its_event(organisation: Organisation) -> None:
    db.session.execute(delete(Event))

    assert broken() == {"delivery without its event"}


def test_it_finds_a_delivery_without_its_subscription(organisation: Organisation) -> None:
    gone = one("pending").subscription_id
    db.session.execute(delete(Subscription).where(Subscription.id == gone))

    assert broken() == {"delivery without its subscription"}


def test_it_finds_a_delivery_of_another_organisation(organisation: Organisation) -> None:
    change(Delivery, Delivery.status == "pending", organisation_id=factories.organisation().id)

    assert broken() == {"delivery across organisations or modes"}


def test_it_finds_a_lease_that_nobody_takes_over(organisation: Organisation) -> None:
    ended = utcnow() - timedelta(minutes=3)
    arrange(one("pending").id, status="sending", tries=1, due_at=ended)

    assert broken() == {"lease overdue by more than 2 minutes"}


def test_it_finds_an_open_delivery_that_is_not_in_the_queue(organisation: Organisation) -> None:
    db.session.execute(delete(Queued))

    assert broken() == {"open and not in the queue, or ended and in it"}


def test_one_that_an_older_version_left_open_is_ok(organisation: Organisation) -> None:
    older.plan(one("pending").id)

    assert look().ok


def test_it_finds_an_ended_delivery_that_is_in_the_queue(organisation: Organisation) -> None:
    change(Queued, Queued.tries == 0, delivery_id=one("delivered").id, tries=2)
    change(Delivery, Delivery.status == "pending", status="cancelled")

    assert broken() == {"open and not in the queue, or ended and in it"}


def test_it_finds_a_row_of_the_queue_without_its_delivery(organisation: Organisation) -> None:
    end(one("pending"), "cancelled")
    row = Queued(delivery_id=new_id("msg"), subscription_id=new_id("whk"), due_at=utcnow())
    db.session.add(row)

    assert broken() == {"in the queue without a delivery"}


@pytest.mark.parametrize("differs", [{"tries": 1}, {"leased_until": utcnow() + timedelta(hours=9)}])
def test_it_finds_that_queue_and_log_disagree(
    organisation: Organisation, differs: dict[str, object]
) -> None:
    change(Queued, Queued.tries == 0, **differs)

    assert broken() == {"queue and log disagree about a try"}


def test_a_lease_that_ran_out_just_now_is_ok(organisation: Organisation) -> None:
    ended = utcnow() - timedelta(minutes=1)
    arrange(one("pending").id, status="sending", tries=1, due_at=ended)

    assert look().ok


def test_it_finds_a_try_that_left_no_attempt(organisation: Organisation) -> None:
    db.session.execute(delete(Attempt).where(Attempt.outcome == "lost"))

    assert broken() == {"tries that left no attempt"}


def test_it_finds_an_attempt_that_was_no_try(organisation: Organisation) -> None:
    attempt(one("pending"), 1, "lost")

    assert broken() == {"tries that left no attempt"}


def test_it_finds_failures_that_do_not_add_up(organisation: Organisation) -> None:
    change(Delivery, Delivery.status == "failed", failures=2)

    assert broken() == {"failures that left no attempt"}


def test_it_finds_a_success_that_never_was(organisation: Organisation) -> None:
    change(Attempt, Attempt.outcome == "succeeded", outcome="lost")

    assert broken() == {"delivered without a success"}


def test_it_finds_a_failure_that_never_was(organisation: Organisation) -> None:
    change(Delivery, Delivery.status == "failed", failures=0)
    which = Attempt.delivery_id == one("failed").id
    change(Attempt, which, outcome="lost")

    assert broken() == {"failed without a failure"}


def test_it_finds_an_attempt_without_its_delivery(organisation: Organisation) -> None:
    change(Attempt, Attempt.outcome == "succeeded", delivery_id=new_id("msg"))

    assert "attempt without its delivery" in broken()


def test_what_is_older_than_the_retention_need_not_add_up(organisation: Organisation) -> None:
    long_ago = (utcnow() - timedelta(days=RETENTION + 1)).timestamp()
    change(Event, Event.id.is_not(None), id=floor_id("evt", long_ago))
    change(Delivery, Delivery.status == "failed", id=floor_id("msg", long_ago))
    db.session.execute(delete(Queued))
    db.session.execute(delete(Delivery).where(Delivery.status != "failed"))
    db.session.execute(delete(Attempt))

    assert look().ok
