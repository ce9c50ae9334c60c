"""Claims of busy subscriptions pass no dead entries, and hide nothing for long."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import NullPool, create_engine, text, update

from tests import factories
from tests.engine.test_query_plans import explained
from tests.engine.test_record import result_of
from tests.support.engine import Run, deliveries
from tests.support.receiver import Receiver
from webhooks_app.channels.contract import Claimed
from webhooks_app.engine import floors as module
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.engine import Engine
from webhooks_app.engine.floors import BUSY, EVERY, LAG, TIMES, Floors
from webhooks_app.engine.record import record_results
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, Queued, Subscription

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LEASE = timedelta(minutes=10)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


def test_only_busy_ones_have_a_floor(clock: Clock) -> None:
    floors = Floors()
    floors.claimed([("sub_a", NOON)] * (BUSY - 1))
    assert floors.current() == {}
    floors.claimed([("sub_a", NOON + LAG), ("sub_a", NOON), ("sub_b", NOON)])
    assert floors.current() == {"sub_a": NOON}


def test_floors_are_forgotten_and_learned_again(clock: Clock) -> None:
    floors = Floors()
    floors.claimed([("sub_a", NOON)] * BUSY)
    clock.now += EVERY
    assert floors.current() == {}
    floors.claimed([("sub_a", NOON + LAG)])
    assert floors.current() == {"sub_a": NOON}
    clock.now += EVERY
    assert floors.current() == {}
    floors.nothing_due(floors.busy(), NOON)
    assert floors.current() == {"sub_a": NOON - LAG}


def test_they_are_forgotten_less_often_if_a_claim_without_them_is_slow(clock: Clock) -> None:
    floors = Floors()
    floors.claimed([("sub_a", NOON)] * BUSY)
    clock.now += EVERY
    assert not floors.current()
    floors.found_all(2.0)
    floors.claimed([("sub_a", NOON)])
    clock.now += 2 * TIMES - 1
    assert floors.current()
    clock.now += 1
    assert not floors.current()


def test_what_is_known_stays_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KNOWN", 3)
    monkeypatch.setattr(module, "MOST", 2)
    floors = Floors()
    for count, id_ in enumerate("abcde"):
        floors.claimed([(id_, NOON)] * (BUSY + count))
    assert floors.busy() == ["e", "d"]
    clock.now += EVERY
    floors.current()
    assert len(floors._claimed) == 2


@pytest.fixture
def webhooks(organisation: Organisation) -> list[str]:
    return sorted(factories.webhook(organisation, "https://a.example").id for _ in range(3))


def take(floors: Floors, limit: int = 1000, after: str = "") -> list[Claimed]:
    db.session.rollback()
    ids = db.session.scalars(db.select(Subscription.id)).all()
    db.session.rollback()
    free = dict.fromkeys(ids, 1000)
    return claim(db.engine, ClaimRequest(limit=limit, free=free, floors=floors, after=after), LEASE)


def lasting() -> Floors:
    """Nothing is forgotten during a test, however slow the machine is."""
    floors = Floors()
    floors.found_all(60)
    return floors


def be_busy(organisation: Organisation, floors: Floors, rounds: int = 1) -> None:
    for _ in range(rounds):
        factories.accepted(organisation, *[factories.lead() for _ in range(BUSY)])
        record_results(db.engine, [result_of(one) for one in take(floors)])


@contextmanager
def old_snapshot() -> Iterator[None]:
    other = create_engine(db.engine.url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with other.connect() as connection:
        connection.execute(text("SELECT count(*) FROM engines"))
        yield


@ON_POSTGRES
def test_an_old_snapshot_costs_a_claim_and_a_look_nothing(
    webhooks: list[str], organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAG", timedelta())
    floors = lasting()
    be_busy(organisation, floors)
    with old_snapshot():
        be_busy(organisation, floors, rounds=10)
        with explained() as costs:
            assert not anything_due(db.engine, floors)
            assert take(floors) == []
        with explained() as costs_without:
            assert not anything_due(db.engine)
            assert take(Floors()) == []
    pages, without = (sum(one.pages for one in all_) for all_ in (costs, costs_without))
    # About 500 pages of dead entries. What other tests left costs both the same.
    assert without - pages > 300


@ON_POSTGRES
def test_all_that_is_due_is_claimed_in_turn(
    organisation: Organisation,
) -> None:
    """Also of subscriptions that are not busy, before, between and after the busy ones."""
    floors = lasting()
    both = ["lead.captured", "lead.updated"]
    everyone = [
        factories.webhook(organisation, "https://a.example", event_types=types).id
        for types in (["lead.updated"], both, ["lead.updated"], both, ["lead.updated"])
    ]
    be_busy(organisation, floors)
    assert sorted(floors.current()) == [everyone[1], everyone[3]]
    factories.accepted(organisation, factories.lead(type="lead.updated"))
    assert anything_due(db.engine, floors)
    taken: list[str] = []
    for _ in everyone:
        [one] = take(floors, limit=1, after=taken[-1] if taken else "")
        taken.append(one.subscription_id)
    assert taken == everyone
    assert take(floors) == []


@ON_POSTGRES
def test_what_a_floor_hides_is_found_once_it_is_forgotten(
    webhooks: list[str], organisation: Organisation
) -> None:
    floors = lasting()
    be_busy(organisation, floors)
    factories.accepted(organisation)
    db.session.execute(update(Queued).values(due_at=utcnow() - timedelta(minutes=1)))
    db.session.commit()
    assert take(floors) == []
    floors._forgets_at = 0
    assert anything_due(db.engine, floors)
    assert len(take(floors)) == len(webhooks)


@ON_POSTGRES
def test_a_claim_that_ends_early_says_nothing_of_the_others(
    webhooks: list[str], organisation: Organisation
) -> None:
    """The first one takes all that was asked for."""
    floors = lasting()
    be_busy(organisation, floors)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    floors._forgets_at = 0
    assert {one.subscription_id for one in take(floors, limit=3)} == {webhooks[0]}
    floors.found_all(60)
    assert list(floors.current()) == [webhooks[0]]
    assert len(take(floors)) == 6
    assert {one.status for one in deliveries() if one.tries} == {"delivered", "sending"}


@ON_POSTGRES
def test_an_engine_learns_them(
    organisation: Organisation, receiver: Receiver, engine: Engine, run: Run
) -> None:
    webhook = factories.webhook(organisation, receiver.url)
    factories.accepted(organisation, *[factories.lead() for _ in range(BUSY)])
    run()
    assert engine._floors.busy() == [webhook.id]
