"""Rate limits hold over any time and number of engines, and delay nobody else."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain, cycle

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import event, select

from tests import factories
from tests.support.engine import attempts, deliveries, make_due
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, wait_until
from tests.support.settings import change_settings
from tests.support.windows import most_within
from webhooks_app.channels.contract import Claimed
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.engine import Engine
from webhooks_app.engine.rate_limiter import granted, held, wait
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.models import Organisation, SendAllowance
from webhooks_app.operations.figures import OfAll

URL = "https://a.example/hook"
RATES = st.floats(0.1, 1000)


@given(RATES, st.lists(st.floats(0, 1), max_size=60))
def test_over_any_time_no_more_start_than_the_limit_and_a_burst(
    rate: float, pauses: list[float]
) -> None:
    now, next_free_at = 0.0, 0.0
    starts: list[tuple[float, int]] = []
    for pause in pauses:
        now += pause
        count = granted(rate, next_free_at - now)
        next_free_at = max(next_free_at, now) + count / rate
        starts.append((now, count))
    for n, (since, _) in enumerate(starts):
        total = 0
        for until, count in starts[n:]:
            total += count
            assert total <= rate * (until - since) + max(1, rate) + 1e-3


@given(RATES, st.floats(0, 100))
def test_after_the_wait_some_are_granted_and_not_long_before(rate: float, used: float) -> None:
    seconds = wait(rate, used)
    assert granted(rate, used - max(0, seconds) - 1e-6) > 0
    if seconds > 1e-4:
        assert granted(rate, used - seconds + 1e-4) == 0


def take(free: dict[str, int] | None = None) -> list[Claimed]:
    db.session.rollback()
    return claim(db.engine, ClaimRequest(limit=100, free=free or {}), timedelta(seconds=30))


def later(seconds: float) -> None:
    """Let that many seconds pass."""
    row = db.session.scalars(select(SendAllowance)).one()
    row.next_free_at -= timedelta(seconds=seconds)
    db.session.commit()


def test_a_claim_takes_what_the_limit_leaves_and_the_rest_stays_pending(
    organisation: Organisation,
) -> None:
    webhook = factories.webhook(organisation, URL, rate_limit=10)
    wide = {webhook.id: 100}
    factories.accepted(organisation, *[factories.lead() for _ in range(30)])
    began = time.monotonic()
    taken = len(take(wide)) + len(take(wide))
    assert 5 <= taken <= 5 + 10 * (time.monotonic() - began), "half a second's worth, and its time"
    later(-60)
    assert take(wide) == []
    assert not anything_due(db.engine)
    assert sum(row.status == "pending" for row in deliveries()) == 30 - taken
    [seconds] = held(db.engine, [webhook.id]).values()
    assert seconds <= 60.1
    later(60.2)
    assert anything_due(db.engine)
    assert len(take(wide)) >= 2
    later(60)
    assert len(take(wide)) == 5


def test_a_slow_limit_lets_one_start_at_a_time(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, URL, rate_limit=0.1)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    began = time.monotonic()
    assert len(take()) == 1
    assert take() == []
    [seconds] = held(db.engine, [webhook.id]).values()
    assert 9.9 - (time.monotonic() - began) < seconds <= 10
    later(10)
    assert len(take()) == 1


def test_what_is_not_due_is_not_held(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, URL, rate_limit=0.01)
    factories.accepted(organisation)
    take()
    assert held(db.engine, [webhook.id]) == {}
    make_due()
    assert list(held(db.engine, [webhook.id])) == [webhook.id]
    webhook.enabled = False
    db.session.commit()
    assert held(db.engine, [webhook.id]) == {}


def test_what_may_be_kept_back_is_no_backlog(organisation: Organisation) -> None:
    for rate_limit in (1, None):
        factories.webhook(organisation, URL, rate_limit=rate_limit)
    factories.accepted(organisation)
    db.session.rollback()
    backlog = next(OfAll(db.engine, Redis())._of_sql())
    assert sum(sample.value for sample in backlog.samples) == 1


def test_a_limit_may_be_lifted(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, URL, rate_limit=0.1)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    assert len(take()) == 1
    webhook.rate_limit = None
    db.session.commit()
    assert anything_due(db.engine)
    assert len(take()) == 2


@pytest.fixture
def second_engine(app: Flask) -> Iterator[Engine]:
    change_settings(app, brand_name="Second")
    engine = Engine(engine_parts(app))
    engine.start()
    yield engine
    engine.stop()


def starts(delivery_ids: set[str]) -> list[float]:
    return [one.started_at.timestamp() for one in attempts() if one.delivery_id in delivery_ids]


def test_sixty_at_ten_a_second_take_some_seconds_and_delay_nobody(
    organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    with Receiver() as other:
        limited = factories.webhook(organisation, receiver.url, rate_limit=10)
        factories.webhook(organisation, other.url)
        factories.accepted(organisation, *[factories.lead() for _ in range(60)])
        db.session.rollback()
        assert engine.drain(PATIENCE)
        wait_until(lambda: len(other.received) == 60, every=0.005)
        assert len(receiver.received) < 60
        wait_until(lambda: len(receiver.received) == 60)
        wait_until(lambda: not engine.busy)
    rows = deliveries()
    moments = starts({row.id for row in rows if row.subscription_id == limited.id})
    assert most_within(1, moments) <= 10 + 10
    assert max(moments) - min(moments) > 4
    assert {(row.status, row.tries) for row in rows} == {("delivered", 1)}


def test_two_engines_share_a_limit(
    organisation: Organisation, receiver: Receiver, engine: Engine, second_engine: Engine
) -> None:
    factories.webhook(organisation, receiver.url, rate_limit=20)
    factories.accepted(organisation, *[factories.lead() for _ in range(60)])
    engines = cycle([engine, second_engine])
    db.session.rollback()

    def all_arrived() -> bool:
        if anything_due(db.engine):
            next(engines).drain(0.01)
        return len(receiver.received) == 60

    wait_until(all_arrived, every=0.02)
    wait_until(lambda: not (engine.busy or second_engine.busy))
    moments = starts({row.id for row in deliveries()})
    assert most_within(1, moments) <= 20 + 20
    assert most_within(2, moments) <= 2 * 20 + 20
    assert len({request.headers["user-agent"] for request in receiver.received}) == 2


def test_claims_at_the_same_time_keep_to_the_limit(organisation: Organisation) -> None:
    rate = 200
    webhooks = [factories.webhook(organisation, URL, rate_limit=rate) for _ in range(2)]
    factories.accepted(organisation, *[factories.lead() for _ in range(600)])
    wide = {webhook.id: 100 for webhook in webhooks}
    db.session.rollback()
    database, start = db.engine, time.monotonic()

    def claim_for_a_second(_: int) -> list[str]:
        mine = []
        while time.monotonic() < start + 1:
            for one in claim(database, ClaimRequest(limit=300, free=wide), timedelta(seconds=30)):
                mine.append(one.subscription_id)
        return mine

    with ThreadPoolExecutor(4) as threads:
        taken = Counter(chain.from_iterable(threads.map(claim_for_a_second, range(4))))
    seconds = time.monotonic() - start
    for webhook_id in wide:
        assert 0 < taken[webhook_id] <= rate * (seconds + 0.5)


def test_many_that_wait_for_a_limit_cost_few_claims(
    organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    factories.webhook(organisation, receiver.url, rate_limit=2)
    factories.accepted(organisation, *[factories.lead() for _ in range(200)])
    db.session.rollback()
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    event.listen(db.engine, "begin", count)
    start = time.monotonic()
    assert engine.drain(PATIENCE)
    wait_until(lambda: len(receiver.received) >= 5)
    arrived, counted = len(receiver.received), statements
    seconds = time.monotonic() - start
    assert arrived <= 2 * seconds + 3
    assert counted < 30 * seconds + 30


def test_a_lease_does_not_run_while_a_delivery_waits_for_its_turn(
    organisation: Organisation, receiver: Receiver, engine: Engine
) -> None:
    factories.webhook(organisation, receiver.url, rate_limit=0.1)
    factories.accepted(organisation, *[factories.lead() for _ in range(5)])
    db.session.rollback()
    assert engine.drain(PATIENCE)
    wait_until(lambda: not engine.busy)
    waiting = [row for row in deliveries() if row.status == "pending"]
    assert len(waiting) >= 3
    assert {row.tries for row in waiting} == {0}
