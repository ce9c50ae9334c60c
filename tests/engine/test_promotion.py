"""Retries that wait are out of the way of claims, and nothing that is due is ever hidden."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from sqlalchemy import Table, insert, text, update

from tests import factories
from tests.engine.test_record import result_of
from tests.support import older
from tests.support.engine import Run, deliveries, queue_rows
from tests.support.receiver import Receiver
from webhooks_app.channels.contract import Claimed
from webhooks_app.deliveries.send_again import bring_forward
from webhooks_app.engine import pausing, promotion
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.record import record_results
from webhooks_app.engine.switching_off import cancel_waiting, wait_again
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.rows import DELIVERY_COLUMNS
from webhooks_app.models import Delivery, Organisation, Queued, Subscription
from webhooks_app.models.queued import DELAYED
from webhooks_app.notices.dashboard_notices import NoticeOf
from webhooks_app.vocabulary import OPEN

LEASE = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DELIVERIES = cast(Table, Delivery.__table__)
QUEUE = cast(Table, Queued.__table__)


def take() -> list[Claimed]:
    db.session.rollback()
    ids = db.session.scalars(db.select(Subscription.id)).all()
    db.session.rollback()
    return claim(db.engine, ClaimRequest(limit=1000, free=dict.fromkeys(ids, 1000)), LEASE)


def pass_time(delivery_id: str | None = None) -> None:
    """All that is open, or this one, has been due for a moment."""
    db.session.rollback()
    past = utcnow() - timedelta(seconds=1)
    for table, id_ in ((DELIVERIES, DELIVERIES.c.id), (QUEUE, QUEUE.c.delivery_id)):
        for name in ("due_at", "leased_until"):
            if name in table.c:
                which = table.c[name].is_not(None) & (id_ == (delivery_id or id_))
                db.session.execute(update(table).where(which).values({name: past}))
    db.session.commit()


def only() -> Delivery:
    [delivery] = deliveries()
    return delivery


def queued() -> Queued:
    [row] = queue_rows()
    return row


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    return factories.webhook(organisation, "https://a.example")


@pytest.fixture
def retried(organisation: Organisation, webhook: Subscription) -> Delivery:
    """It failed, and is tried again in an hour."""
    factories.accepted(organisation)
    assert not queued().delayed
    record_results(db.engine, [result_of(one, 500, retry_in=3600) for one in take()])
    return only()


def test_a_retry_is_delayed_until_it_is_due(retried: Delivery) -> None:
    assert (retried.status, queued().delayed) == ("retrying", True)
    assert not anything_due(db.engine)
    assert take() == []
    assert queued().delayed
    pass_time()
    assert anything_due(db.engine)
    [claimed] = take()
    assert (claimed.delivery_id, claimed.number, claimed.lost) == (retried.id, 2, False)
    assert not queued().delayed
    record_results(db.engine, [result_of(claimed)])
    assert only().status == "delivered"
    assert queue_rows() == []


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
    open_ = {one.id: one for one in deliveries() if one.status in OPEN}
    due = {id_ for id_, one in open_.items() if one.older_due_at and one.older_due_at <= now}
    for one in queue_rows():
        if one.delivery_id in open_ and open_[one.delivery_id].older_due_at is None:
            due |= {one.delivery_id} if max(one.due_at, one.leased_until or now) <= now else set()
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


def _older_plan(chance: random.Random, subscription_id: str) -> None:
    older.plan(_any(chance, subscription_id))


def _older_claim(chance: random.Random, subscription_id: str) -> None:
    older.claim(_any(chance, subscription_id), utcnow() + LEASE)


def _older_retry(chance: random.Random, subscription_id: str) -> None:
    older.retry(_any(chance, subscription_id), utcnow() + HOUR)


OPERATIONS: tuple[Callable[[random.Random, str], None], ...] = (
    _retry_now,
    _cancel,
    _undo,
    _resume,
    _bring_back,
    _become_due,
    _older_plan,
    _older_claim,
    _older_retry,
)


def _add_delayed(like: Delivery, count: int, ago: float = 1, **changed: object) -> None:
    """More retries, which are due since then."""
    row = {name: getattr(like, name) for name in DELIVERY_COLUMNS}
    row |= {"trigger": "replay", **changed}
    ids = [new_id("msg") for _ in range(count)]
    due = {
        "subscription_id": row["subscription_id"],
        "due_at": utcnow() - timedelta(seconds=ago),
        "delayed": True,
        "tries": row["tries"],
    }
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(insert(DELIVERIES), [{**row, "id": one} for one in ids])
        connection.execute(insert(QUEUE), [{**due, "delivery_id": one} for one in ids])


def _rows_in(which: str) -> int:
    db.session.rollback()
    count = db.session.scalar(text(f"SELECT count(*) FROM queue WHERE {which}"))
    db.session.rollback()
    return int(count or 0)
