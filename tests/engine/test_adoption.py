"""What code of the version before left open, or is still sending, is neither lost nor hidden."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from tests import factories
from tests.engine.test_promotion import HOUR, LEASE, only, pass_time, take
from tests.engine.test_record import result_of
from tests.support import older
from tests.support.engine import attempts, deliveries, queue_rows
from tests.support.servers import PATIENCE
from webhooks_app.engine.adoption import BATCH, adopt_some
from webhooks_app.engine.claim import anything_due, claim_and_promote
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.dead_engines import free_held_by_dead
from webhooks_app.engine.expired_leases import ATTEMPTS
from webhooks_app.engine.record import record_results
from webhooks_app.engine.switching_off import wait_again
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, RunningEngine
from webhooks_app.notices.dashboard_notices import NoticeOf

CANCEL = "UPDATE deliveries SET status = 'cancelled', due_at = NULL, finished_at = created_at"


@pytest.fixture
def planned(organisation: Organisation) -> Delivery:
    """An older web server has planned it."""
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    older.plan(only().id)
    assert queue_rows() == []
    return only()


def test_what_it_planned_is_claimed_and_recorded(planned: Delivery) -> None:
    assert anything_due(db.engine)
    [claimed] = take()
    assert (claimed.delivery_id, claimed.number, claimed.lost) == (planned.id, 1, False)
    assert only().older_due_at is None
    record_results(db.engine, [result_of(claimed)])
    assert (only().status, queue_rows()) == ("delivered", [])
    assert not anything_due(db.engine)


def test_a_large_backlog_of_one_does_not_delay_the_others(organisation: Organisation) -> None:
    flooded = factories.webhook(organisation, "https://a.example").id
    factories.accepted(organisation, *[factories.lead() for _ in range(BATCH + 20)])
    calm = factories.webhook(organisation, "https://b.example", event_types=["lead.updated"]).id
    factories.accepted(organisation, factories.lead(type="lead.updated"))
    older.run("UPDATE deliveries SET due_at = created_at")
    older.run("DELETE FROM queue")
    assert {one.subscription_id for one in take()} == {flooded, calm}
    adopted = 1
    while adopted:
        with db.engine.begin() as connection:
            adopted = adopt_some(connection)
    assert len(queue_rows()) == BATCH + 21
    assert all(one.older_due_at is None for one in deliveries())


def test_a_claim_that_adopts_asks_for_another_one(planned: Delivery) -> None:
    request = ClaimRequest(limit=1, free={})
    assert claim_and_promote(db.engine, request, LEASE)[1]
    assert not claim_and_promote(db.engine, request, LEASE)[1]


def test_its_retry_waits_until_it_is_due(planned: Delivery) -> None:
    older.claim(planned.id, utcnow() + LEASE)
    older.retry(planned.id, utcnow() + HOUR)
    assert take() == []
    assert (only().due_at or utcnow()) > utcnow() + HOUR / 2
    assert not anything_due(db.engine)
    pass_time()
    assert [one.number for one in take()] == [2]


def test_what_it_is_sending_is_left_alone_until_its_lease_ends(planned: Delivery) -> None:
    older.claim(planned.id, utcnow() + LEASE)
    assert take() == []
    assert take() == []
    pass_time()
    [claimed] = take()
    assert (claimed.number, claimed.lost) == (2, True)
    assert [(one.number, one.outcome) for one in attempts()] == [(1, "lost")]


def test_what_it_is_sending_and_records_is_over(planned: Delivery) -> None:
    """Its engine knows nothing of the queue."""
    older.claim(planned.id, utcnow() + LEASE)
    assert take() == []
    older.deliver(planned.id, utcnow(), number=1)
    pass_time()
    assert take() == []
    assert (only().status, only().tries, queue_rows()) == ("delivered", 1, [])
    assert not anything_due(db.engine)


def test_what_it_is_sending_and_retries_is_sent_again(planned: Delivery) -> None:
    older.claim(planned.id, utcnow() + LEASE)
    assert take() == []
    older.retry(planned.id, utcnow() + HOUR, number=1)
    assert take() == []
    assert [(one.delayed, one.leased_until) for one in queue_rows()] == [(True, None)]
    pass_time()
    [claimed] = take()
    assert (claimed.number, claimed.lost) == (2, False)


def test_a_late_answer_that_it_stored_stops_nothing(planned: Delivery) -> None:
    """Its attempt has the number that the next claim would log as lost."""
    older.claim(planned.id, utcnow() + LEASE)
    assert take() == []
    late = {"outcome": "failed", "url": "", "request_headers": "{}", "response_headers": "[]"}
    late |= {"response_body": b"", "response_truncated": False, "duration_ms": 0}
    key = {"delivery_id": planned.id, "number": 1, "started_at": utcnow()}
    with db.engine.begin() as connection:
        connection.execute(insert(ATTEMPTS).values(**late, **key))
    pass_time()
    assert [one.number for one in take()] == [2]
    assert [one.outcome for one in attempts()] == ["failed"]


def test_what_it_cancelled_is_not_sent(planned: Delivery) -> None:
    with db.engine.begin() as connection:
        adopt_some(connection)
    older.run(CANCEL)
    assert take() == []
    pass_time()
    assert take() == []
    assert (only().status, queue_rows()) == ("cancelled", [])


def test_what_it_cancelled_waits_again_when_that_is_undone(planned: Delivery) -> None:
    with db.engine.begin() as connection:
        adopt_some(connection)
    older.run(f"{CANCEL}, error = 'Cancelled: the webhook was switched off.'")
    about = NoticeOf(planned.organisation_id, "live", planned.subscription_id)
    with db.engine.begin() as connection:
        assert wait_again(connection, about, utcnow() - HOUR, utcnow() + HOUR)
    assert [one.number for one in take()] == [1]


def test_what_its_dead_engine_was_sending_is_sent_again_at_once(planned: Delivery) -> None:
    db.session.add(RunningEngine(id=older.ENGINE, alive_until=utcnow() - timedelta(minutes=1)))
    db.session.commit()
    older.claim(planned.id, utcnow() + HOUR / 2)
    assert take() == []
    assert free_held_by_dead(db.engine) == 1
    [claimed] = take()
    assert (claimed.number, claimed.lost) == (2, True)


def test_two_adopt_at_the_same_time(organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(50)])
    older.run("UPDATE deliveries SET due_at = created_at")
    older.run("DELETE FROM queue")
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(_adopt, db.engine) for _ in range(4)]:
            done.result(PATIENCE)
    assert len(queue_rows()) == 50


def _adopt(database: Engine) -> None:
    with database.begin() as connection:
        adopt_some(connection)
