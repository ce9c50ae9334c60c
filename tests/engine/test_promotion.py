"""Retries that wait are out of the way of claims, and nothing that is due is ever hidden.

Engines of the version before know nothing of `delayed`: what they write is claimed as well.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from sqlalchemy import Table, insert, text, update

from tests import factories
from tests.engine.test_record import result_of
from tests.support.engine import Run, attempts, deliveries
from tests.support.receiver import Receiver
from webhooks_app.channels.contract import Claimed
from webhooks_app.database.bulk import sqlite_value
from webhooks_app.deliveries.send_again import bring_forward
from webhooks_app.engine import pausing, promotion
from webhooks_app.engine.claim import ClaimRequest, anything_due, claim
from webhooks_app.engine.dead_engines import free_held_by_dead
from webhooks_app.engine.record import record_results
from webhooks_app.engine.switching_off import cancel_waiting, wait_again
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, RunningEngine, Subscription
from webhooks_app.models.delivery import DELAYED
from webhooks_app.notices.dashboard_notices import NoticeOf

LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
DELIVERIES = cast(Table, Delivery.__table__)

# What an engine of the version before wrote.
OLDER_ENGINE = 7
OLDER_CLAIM = f"""
    UPDATE deliveries SET status = 'sending', tries = tries + 1, due_at = :at,
        claimed_by = {OLDER_ENGINE}
    WHERE id = :id AND status IN ('pending', 'retrying')"""
OLDER_RETRY = """
    UPDATE deliveries SET status = 'retrying', due_at = :at, failures = failures + 1,
        status_code = 500, error = 'bad', finished_at = NULL, claimed_by = NULL
    WHERE id = :id AND status = 'sending'"""


def take() -> list[Claimed]:
    db.session.rollback()
    ids = db.session.scalars(db.select(Subscription.id)).all()
    db.session.rollback()
    return claim(db.engine, ClaimRequest(limit=1000, free=dict.fromkeys(ids, 1000)), LEASE)


def older(statement: str, delivery_id: str, at: datetime) -> None:
    db.session.rollback()
    at_ = at if db.engine.dialect.name == "postgresql" else sqlite_value(at)
    db.session.execute(text(statement), {"id": delivery_id, "at": at_})
    db.session.commit()


def pass_time(delivery_id: str | None = None) -> None:
    """All that is open, or this one, has been due for a moment."""
    db.session.rollback()
    which = DELIVERIES.c.due_at.is_not(None)
    if delivery_id is not None:
        which &= DELIVERIES.c.id == delivery_id
    past = utcnow() - timedelta(seconds=1)
    db.session.execute(update(DELIVERIES).where(which).values(due_at=past))
    db.session.commit()


def only() -> Delivery:
    [delivery] = deliveries()
    return delivery


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    return factories.webhook(organisation, "https://a.example")


@pytest.fixture
def retried(organisation: Organisation, webhook: Subscription) -> Delivery:
    """It failed, and is tried again in an hour."""
    factories.accepted(organisation)
    assert not only().delayed
    record_results(db.engine, [result_of(one, 500, retry_in=3600) for one in take()])
    return only()


def test_a_retry_is_delayed_until_it_is_due(retried: Delivery) -> None:
    assert (retried.status, retried.delayed) == ("retrying", True)
    assert not anything_due(db.engine)
    assert take() == []
    assert only().delayed
    pass_time()
    assert anything_due(db.engine)
    [claimed] = take()
    assert (claimed.delivery_id, claimed.number, claimed.lost) == (retried.id, 2, False)
    assert not only().delayed
    record_results(db.engine, [result_of(claimed)])
    assert (only().status, only().delayed) == ("delivered", False)


def test_a_retry_that_is_brought_forward_is_claimed_at_once(retried: Delivery) -> None:
    assert bring_forward(db.session(), [retried.id], utcnow()) == 1
    db.session.commit()
    assert [one.delivery_id for one in take()] == [retried.id]


def test_what_waits_is_cancelled_and_comes_back(retried: Delivery) -> None:
    with db.engine.begin() as connection:
        cancel_waiting(connection, retried.subscription_id)
    assert only().status == "cancelled"
    assert _rows_in(DELAYED) == 0
    about = NoticeOf(retried.organisation_id, "live", retried.subscription_id)
    now = utcnow()
    with db.engine.begin() as connection:
        assert wait_again(connection, about, now - HOUR, now + HOUR)
    assert [one.delivery_id for one in take()] == [retried.id]


def test_a_flood_of_retries_is_promoted_in_batches(retried: Delivery) -> None:
    most = promotion.BATCH * (1 + promotion.MOST_BATCHES)
    _add_delayed(retried, most + 100)
    assert len(take()) == promotion.BATCH
    assert _rows_in(DELAYED) == 100 + 1  # and the one that is due in an hour
    assert len(take()) == 1000
    assert _rows_in(DELAYED) == 1
    assert len(take()) == 1000
    assert len(take()) == 100
    assert not anything_due(db.engine)


def test_others_do_not_wait_for_the_retries_of_a_paused_webhook(
    retried: Delivery,
    organisation: Organisation,
    receiver: Receiver,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A claim that promotes only theirs sends nothing. More is due all the same."""
    monkeypatch.setattr(promotion, "MOST_BATCHES", 0)
    other = factories.webhook(organisation, receiver.url).id
    _add_delayed(retried, promotion.BATCH, ago=60)
    _add_delayed(retried, 1, subscription_id=other)
    db.session.execute(
        update(Subscription)
        .where(Subscription.id == retried.subscription_id)
        .values(paused_at=utcnow())
    )
    db.session.commit()
    run()
    sent = [one.subscription_id for one in deliveries() if one.status == "delivered"]
    assert sent == [other]


def test_a_resume_at_a_rate_spreads_also_what_was_not_promoted(retried: Delivery) -> None:
    _add_delayed(retried, 3)
    pass_time(retried.id)
    now = utcnow()
    with db.engine.begin() as connection:
        pausing.spread(connection, retried.subscription_id, now, rate=0.01)
    times = sorted(one.due_at for one in deliveries() if one.due_at)
    assert [(later - one).total_seconds() for one, later in pairwise(times)] == [100, 100, 100]
    assert len(take()) == 1


def test_what_an_older_engine_adds_and_retries_is_claimed(
    organisation: Organisation, webhook: Subscription
) -> None:
    """It names no `delayed`: its deliveries are walked over until they are due."""
    factories.accepted(organisation)
    older(OLDER_CLAIM, only().id, utcnow() + LEASE)
    older(OLDER_RETRY, only().id, utcnow() + HOUR)
    assert not only().delayed
    assert take() == []
    assert not anything_due(db.engine)
    pass_time()
    assert [one.number for one in take()] == [2]


def test_a_delayed_one_that_an_older_engine_claims_comes_back_after_its_lease(
    retried: Delivery,
) -> None:
    older(OLDER_CLAIM, retried.id, utcnow() + LEASE)
    assert only().delayed
    assert take() == []
    pass_time()
    [claimed] = take()
    assert (claimed.number, claimed.lost) == (3, True)
    assert [(one.number, one.outcome) for one in attempts()] == [(1, "failed"), (2, "lost")]


def test_a_delayed_one_of_an_older_engine_that_died_is_sent_again_at_once(
    retried: Delivery,
) -> None:
    """Not only after its lease, which has half an hour left."""
    db.session.add(RunningEngine(id=OLDER_ENGINE, alive_until=utcnow() - timedelta(minutes=1)))
    db.session.add(RunningEngine(id=OLDER_ENGINE + 1, alive_until=utcnow() + HOUR))
    db.session.commit()
    _add_delayed(retried, 2, status="sending", ago=-1800, claimed_by=OLDER_ENGINE + 1)
    older(OLDER_CLAIM, retried.id, utcnow() + HOUR / 2)
    assert free_held_by_dead(db.engine, HOUR) == 1
    [claimed] = take()
    assert (claimed.delivery_id, claimed.number, claimed.lost) == (retried.id, 3, True)


def test_a_delayed_one_that_an_older_engine_retries_again_is_claimed(retried: Delivery) -> None:
    older(OLDER_CLAIM, retried.id, utcnow() + LEASE)
    older(OLDER_RETRY, retried.id, utcnow() + HOUR)
    assert only().delayed
    assert take() == []
    pass_time()
    assert [one.number for one in take()] == [3]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_done_one_claim_takes_all_that_is_due(
    organisation: Organisation, seed: int
) -> None:
    chance = random.Random(seed)
    ids = [factories.webhook(organisation, "https://a.example").id for _ in range(3)]
    for _ in range(3):
        factories.accepted(organisation)
    for _ in range(25):
        chance.choice(OPERATIONS)(chance, chance.choice(ids))
        if chance.random() < 0.2:
            _check_claim(chance)
    pass_time()
    _check_claim(chance)
    assert not anything_due(db.engine)


def _check_claim(chance: random.Random) -> None:
    now = utcnow()
    due = {one.id for one in deliveries() if one.due_at and one.due_at <= now}
    claimed = take()
    assert {one.delivery_id for one in claimed} >= due
    tried = [one for one in claimed if chance.random() < 0.8]
    ends = ({}, {"status": 500}, {"status": 500, "retry_in": 3600.0})
    if tried:
        results = [result_of(one, **cast(Any, chance.choice(ends))) for one in tried]
        record_results(db.engine, results)


def _any(chance: random.Random, subscription_id: str) -> str:
    mine = [one for one in deliveries() if one.subscription_id == subscription_id]
    return chance.choice(mine).id


def _retry_now(chance: random.Random, subscription_id: str) -> None:
    bring_forward(db.session(), [_any(chance, subscription_id)], utcnow())
    db.session.commit()


def _cancel(_chance: random.Random, subscription_id: str) -> None:
    with db.engine.begin() as connection:
        cancel_waiting(connection, subscription_id)


def _undo(_chance: random.Random, subscription_id: str) -> None:
    organisation_id = deliveries()[0].organisation_id
    about, now = NoticeOf(organisation_id, "live", subscription_id), utcnow()
    with db.engine.begin() as connection:
        wait_again(connection, about, now - HOUR, now + HOUR)


def _resume(_chance: random.Random, subscription_id: str) -> None:
    with db.engine.begin() as connection:
        pausing.spread(connection, subscription_id, utcnow(), rate=0.01)


def _bring_back(_chance: random.Random, subscription_id: str) -> None:
    with db.engine.begin() as connection:
        pausing.bring_back(connection, subscription_id, utcnow())


def _become_due(chance: random.Random, subscription_id: str) -> None:
    pass_time(_any(chance, subscription_id))


def _older_claim(chance: random.Random, subscription_id: str) -> None:
    older(OLDER_CLAIM, _any(chance, subscription_id), utcnow() + LEASE)


def _older_retry(chance: random.Random, subscription_id: str) -> None:
    older(OLDER_RETRY, _any(chance, subscription_id), utcnow() + HOUR)


OPERATIONS: tuple[Callable[[random.Random, str], None], ...] = (
    _retry_now,
    _cancel,
    _undo,
    _resume,
    _bring_back,
    _become_due,
    _older_claim,
    _older_retry,
)


def _add_delayed(like: Delivery, count: int, ago: float = 1, **changed: object) -> None:
    """More retries, which are due since then."""
    row = {name: getattr(like, name) for name in DELIVERIES.c.keys()}  # noqa: SIM118
    row |= {"trigger": "replay", "due_at": utcnow() - timedelta(seconds=ago), **changed}
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(insert(DELIVERIES), [{**row, "id": new_id("msg")} for _ in range(count)])


def _rows_in(which: str) -> int:
    db.session.rollback()
    count = db.session.scalar(text(f"SELECT count(*) FROM deliveries WHERE {which}"))
    db.session.rollback()
    return int(count or 0)
