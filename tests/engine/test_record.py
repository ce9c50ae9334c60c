"""Recording: late results, commits in doubt, and one state whatever happens."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.support.engine import attempts, deliveries, make_due
from webhooks_app.channels.contract import Claimed, Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.record import Result, record_result, record_results
from webhooks_app.events import erasure
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Event, Organisation, Subscription, SubscriptionHealth
from webhooks_app.operations.integrity_check import audit
from webhooks_app.vocabulary import Failure

LEASE = timedelta(seconds=30)


def result_of(
    claimed: Claimed, status: int = 200, retry_in: float | None = None, body: bytes = b""
) -> Result:
    failure = None if status == 200 else Failure.STATUS
    outcome = Outcome(
        failure=failure,
        error=failure and "bad",
        started_at=datetime.now(UTC),
        duration=0.01,
        status_code=status,
        gone=status == 410,
        response_body=body,
    )
    return Result(claimed, Tried("https://a.example", outcome), retry_in)


def claimed_one(organisation: Organisation) -> Claimed:
    db.session.rollback()
    [one] = claim(db.engine, ClaimRequest(limit=10, free={}), LEASE)
    return one


def prepared(organisation: Organisation) -> Claimed:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    return claimed_one(organisation)


def test_a_late_result_does_not_overrule_the_try_that_came_after(
    organisation: Organisation,
) -> None:
    first = prepared(organisation)
    make_due()
    second = claimed_one(organisation)
    record_results(db.engine, [result_of(second)])
    record_result(db.engine, result_of(first, 500, retry_in=60))
    [delivery] = deliveries()
    assert (delivery.status, delivery.tries) == ("delivered", 2)
    assert [(a.number, a.outcome, a.status_code) for a in attempts()] == [
        (1, "lost", 500),
        (2, "succeeded", 200),
    ]
    assert audit(db.engine, 90).ok


def test_a_claim_that_a_failover_took_back_leaves_the_first_answer(
    organisation: Organisation,
) -> None:
    first = prepared(organisation)
    taken_back = {"status": "pending", "tries": 0, "due_at": utcnow(), "claimed_by": None}
    db.session.execute(update(Delivery).values(taken_back))
    db.session.commit()
    second = claimed_one(organisation)
    assert second.number == first.number
    record_results(db.engine, [result_of(first)])
    with pytest.raises(IntegrityError):
        record_results(db.engine, [result_of(second, 500, retry_in=60)])
    record_result(db.engine, result_of(second, 500, retry_in=60))
    assert [delivery.status for delivery in deliveries()] == ["delivered"]
    assert [(a.outcome, a.status_code) for a in attempts()] == [("succeeded", 200)]
    assert audit(db.engine, 90).ok


@pytest.mark.parametrize("erased", [False, True])
def test_a_late_answer_is_left_out_once_its_event_is_erased(
    organisation: Organisation, erased: bool
) -> None:
    first = prepared(organisation)
    make_due()
    record_results(db.engine, [result_of(claimed_one(organisation))])
    if erased:
        erasure.erase(db.session(), db.session.get_one(Event, first.event_id))
    record_result(db.engine, result_of(first, 500, retry_in=60, body=b"Ada Lovelace"))
    late = attempts()[0]
    assert (late.outcome, late.status_code) == ("lost", 500)
    assert late.response_body == (b"" if erased else b"Ada Lovelace")


@pytest.mark.parametrize(("statuses", "asked"), [([200, 200], 0), ([200, 500, 500], 1)])
def test_who_listens_to_failures_is_asked_once_and_only_after_a_failure(
    organisation: Organisation, statuses: list[int], asked: int
) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in statuses])
    db.session.rollback()
    found = claim(db.engine, ClaimRequest(limit=10, free={}), LEASE)
    results = [result_of(one, status) for one, status in zip(found, statuses, strict=True)]
    seen: list[str] = []

    def see(_c: object, _u: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", see)
    try:
        record_results(db.engine, results)
    finally:
        event.remove(db.engine, "before_cursor_execute", see)
    assert len([one for one in seen if "hears_system" in one]) == asked


def test_a_late_410_disables_nothing(organisation: Organisation) -> None:
    first = prepared(organisation)
    make_due()
    second = claimed_one(organisation)
    record_results(db.engine, [result_of(second)])
    record_result(db.engine, result_of(first, 410))
    assert db.session.scalar(select(Subscription.enabled))
    assert db.session.query(SubscriptionHealth).one().failed == 0


def test_a_410_of_the_url_before_an_edit_disables_nothing(organisation: Organisation) -> None:
    claimed = prepared(organisation)
    subscription = db.session.query(Subscription).one()
    subscription.url = "https://moved.example"
    db.session.commit()
    record_results(db.engine, [result_of(claimed, 410)])
    db.session.rollback()
    assert db.session.scalar(select(Subscription.enabled))
    assert [row.status for row in deliveries()] == ["failed"]


@pytest.mark.parametrize("edited", [False, True])
def test_a_410_disables_unless_it_was_edited_since(
    organisation: Organisation, edited: bool
) -> None:
    """Even if the edit kept the URL: someone has looked at it since."""
    claimed = prepared(organisation)
    if edited:
        subscription = db.session.query(Subscription).one()
        subscription.description = "Back in service"
        db.session.commit()
    record_results(db.engine, [result_of(claimed, 410)])
    db.session.rollback()
    assert db.session.scalar(select(Subscription.enabled)) is edited
    assert [row.status for row in deliveries()] == ["failed"]


def test_a_success_lets_the_next_failure_be_warned_of_again(organisation: Organisation) -> None:
    def warned_at() -> datetime | None:
        db.session.rollback()
        found = db.session.query(SubscriptionHealth).one().warned_at
        db.session.rollback()
        return found

    record_results(db.engine, [result_of(prepared(organisation), 500, retry_in=0)])
    db.session.query(SubscriptionHealth).one().warned_at = datetime.now(UTC)
    db.session.commit()
    make_due()
    record_results(db.engine, [result_of(claimed_one(organisation), 500, retry_in=0)])
    assert warned_at() is not None
    make_due()
    record_results(db.engine, [result_of(claimed_one(organisation))])
    assert warned_at() is None


def test_a_batch_given_again_after_a_doubtful_commit_counts_once(
    organisation: Organisation,
) -> None:
    result = result_of(prepared(organisation))
    record_results(db.engine, [result])
    record_results(db.engine, [result], again=True)
    counters = db.session.query(SubscriptionHealth).one()
    assert (counters.delivered, len(attempts())) == (1, 1)


def test_the_failure_clock_starts_at_the_first_failure_and_stops_at_a_success(
    organisation: Organisation,
) -> None:
    def failing_since() -> datetime | None:
        db.session.rollback()
        found = db.session.query(SubscriptionHealth).one().failing_since
        db.session.rollback()
        return found

    claimed = prepared(organisation)
    record_results(db.engine, [result_of(claimed, 500, retry_in=0)])
    began = failing_since()
    assert began is not None
    make_due()
    record_results(db.engine, [result_of(claimed_one(organisation), 500, retry_in=0)])
    assert failing_since() == began
    make_due()
    record_results(db.engine, [result_of(claimed_one(organisation))])
    assert failing_since() is None
