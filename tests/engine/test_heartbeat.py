"""Live engines keep their deliveries; those of a dead one are sent within seconds."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import delete, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tests import factories
from tests.support.engine import Run, attempts, deliveries, queue_rows, running
from tests.support.receiver import Answer, Receiver
from tests.support.servers import PATIENCE, wait_until
from webhooks_app.channels.contract import Claimed, Tried
from webhooks_app.channels.outcome import Outcome
from webhooks_app.engine import dead_engines
from webhooks_app.engine import heartbeat as module
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.dead_engines import ALIVE_FOR, free_held_by_dead
from webhooks_app.engine.engine import Engine
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.engine.record import Result, record_results
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation, Queued, RunningEngine
from webhooks_app.vocabulary import Failure

LEASE = timedelta(seconds=30)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def engine_that_only_claims() -> Heartbeat:
    return Heartbeat(db.engine, busy=lambda: True, freed=lambda: None)


def take(heartbeat: Heartbeat | None = None) -> list[Claimed]:
    db.session.rollback()
    return claim(db.engine, ClaimRequest(limit=100, free={}, heartbeat=heartbeat), LEASE)


def engines() -> dict[int, RunningEngine]:
    db.session.rollback()
    with Session(db.engine, expire_on_commit=False) as session:
        return {one.id: one for one in session.scalars(select(RunningEngine))}


def die(heartbeat: Heartbeat) -> None:
    """Make all look as if it died just long enough ago."""
    ago = timedelta(seconds=ALIVE_FOR + 1)
    db.session.rollback()
    db.session.get_one(RunningEngine, heartbeat.engine_id).alive_until -= ago
    for held in db.session.scalars(select(Queued).filter_by(claimed_by=heartbeat.engine_id)):
        assert held.leased_until
        held.leased_until -= ago
    db.session.commit()


def in_touch_for_long(heartbeat: Heartbeat) -> None:
    heartbeat._watch.in_touch_since -= ALIVE_FOR


def database_clock() -> datetime:
    with db.engine.connect() as connection:
        return connection.execute(text("SELECT clock_timestamp()")).scalar_one()


def waiting_for_a_lock() -> int:
    here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with db.engine.connect() as connection:
        return connection.execute(text(f"{here} AND wait_event_type = 'Lock'")).scalar_one()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEW_EVERY", 0.02)


def test_a_claim_says_who_holds_it_and_that_it_lives(organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    mine = engine_that_only_claims()
    assert len(take(mine)) == 1
    [queued] = queue_rows()
    assert queued.claimed_by == mine.engine_id
    left = engines()[mine.engine_id].alive_until - utcnow()
    assert timedelta(seconds=ALIVE_FOR - 5) < left < timedelta(seconds=ALIVE_FOR + 5)


def test_an_engine_that_found_nothing_says_nothing(organisation: Organisation) -> None:
    assert take(engine_that_only_claims()) == []
    assert engines() == {}


def test_what_a_dead_engine_held_is_sent_again_and_its_try_is_logged(
    organisation: Organisation,
) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    dead = engine_that_only_claims()
    held = {one.delivery_id for one in take(dead)}
    assert not anything_due(db.engine)
    die(dead)
    assert anything_due(db.engine)
    assert free_held_by_dead(db.engine) == 3
    assert engines() == {}
    assert anything_due(db.engine)
    again = take(engine_that_only_claims())
    assert {one.delivery_id for one in again} == held
    assert {(one.number, one.lost) for one in again} == {(2, True)}
    assert [(one.number, one.outcome) for one in attempts()] == [(1, "lost")] * 3


def test_what_others_hold_and_what_waits_is_left_alone(organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    dead, alive = engine_that_only_claims(), engine_that_only_claims()
    factories.accepted(organisation)
    [lost] = take(dead)
    factories.accepted(organisation)
    take(alive)
    factories.accepted(organisation)
    take()  # by an older worker
    factories.accepted(organisation)
    [retrying] = take(dead)
    record(retrying, retry_in=5.0)
    before = {one.delivery_id: one.leased_until for one in queue_rows()}
    die(dead)
    assert free_held_by_dead(db.engine) == 1
    after = {one.delivery_id: one.leased_until for one in queue_rows()}
    assert {id_ for id_ in after if after[id_] != before[id_]} == {lost.delivery_id}
    assert list(engines()) == [alive.engine_id]


@ON_POSTGRES
def test_an_engine_whose_commit_waits_for_long_is_not_buried(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it wrote has expired by then, but as long as it holds its row, it lives."""
    mine = engine_that_only_claims()
    mine._look()
    die(mine)
    with ThreadPoolExecutor(1) as threads, db.engine.begin() as stalled:
        monkeypatch.setattr(module, "ALIVE_FOR", -1.0)
        mine._renew(stalled)
        assert threads.submit(free_held_by_dead, db.engine).result(PATIENCE) == 0
    assert list(engines()) == [mine.engine_id]


@ON_POSTGRES
def test_a_host_that_vanished_while_it_recorded_holds_up_nobody(
    organisation: Organisation,
) -> None:
    """It holds a row of the queue until PostgreSQL notices. The others are free at once."""
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, factories.lead(), factories.lead())
    dead = engine_that_only_claims()
    first, _ = take(dead)
    die(dead)
    with ThreadPoolExecutor(1) as threads, db.engine.begin() as vanished:
        vanished.execute(delete(Queued).where(Queued.delivery_id == first.delivery_id))
        assert threads.submit(free_held_by_dead, db.engine).result(PATIENCE) == 1


@ON_POSTGRES
def test_who_waited_for_the_row_renews_from_the_end_of_the_wait(app: Flask) -> None:
    mine = engine_that_only_claims()
    with ThreadPoolExecutor(1) as threads:
        with db.engine.begin() as stalled:
            mine._renew(stalled)
            renewal = threads.submit(mine._look)
            wait_until(lambda: waiting_for_a_lock() == 1, 20)
            ended = database_clock()
        renewal.result(PATIENCE)
    assert engines()[mine.engine_id].alive_until >= ended + timedelta(seconds=ALIVE_FOR)


@ON_POSTGRES
def test_a_slow_claim_renews_from_its_end(app: Flask) -> None:
    mine = engine_that_only_claims()
    with db.engine.begin() as slow:
        slow.execute(text("SELECT 1"))
        ended = database_clock()
        mine._renew(slow)
    assert engines()[mine.engine_id].alive_until >= ended + timedelta(seconds=ALIVE_FOR)


def test_an_engine_renews_while_its_loop_is_stalled(
    hurried: None, engine: Engine, organisation: Organisation, receiver: Receiver
) -> None:
    answered = threading.Event()

    def answer(_: object) -> Answer:
        answered.wait(PATIENCE)
        return Answer()

    receiver.answer = answer
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    assert engine.drain(PATIENCE)
    wait_until(lambda: len(receiver.received) == 1, 20)
    engine._loop.call_soon_threadsafe(answered.wait, PATIENCE)
    wait_until(lambda: len(engines()) == 1, 10)
    [first] = engines().values()
    wait_until(lambda: engines()[first.id].alive_until > first.alive_until, 10)
    answered.set()
    wait_until(lambda: not engine.busy, 20)
    assert [one.status for one in deliveries()] == ["delivered"]


def test_an_engine_with_nothing_in_flight_holds_nothing(
    hurried: None, run: Run, organisation: Organisation, receiver: Receiver
) -> None:
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    [delivery] = run()
    assert (delivery.status, queue_rows()) == ("delivered", [])
    wait_until(lambda: engines() == {}, 20)


def test_an_engine_that_stops_is_no_dead_one(
    app: Flask, organisation: Organisation, receiver: Receiver
) -> None:
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    with running(engine_parts(app)) as engine:
        db.session.rollback()
        assert engine.drain(PATIENCE)
        wait_until(lambda: len(engines()) == 1, 20)
    assert engines() == {}
    assert not anything_due(db.engine)


def test_an_engine_that_ends_with_an_error_is_a_dead_one(
    app: Flask, organisation: Organisation, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its deliveries continue soon, not only when their leases run out."""
    answered = threading.Event()

    def answer(_: object) -> Answer:
        answered.wait(PATIENCE)
        return Answer()

    receiver.answer = answer
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    with running(engine_parts(app)) as engine:
        db.session.rollback()
        assert engine.drain(PATIENCE)
        wait_until(lambda: len(receiver.received) == 1, 20)
        monkeypatch.setattr(engine, "_claim", _broken)
        engine.drain(PATIENCE)
        wait_until(lambda: not engine.alive, 20)
    answered.set()
    assert list(engines()) == [engine._heartbeat.engine_id]
    die(engine._heartbeat)
    assert free_held_by_dead(db.engine) == 1


@pytest.mark.parametrize(
    ("where", "step"), [(dead_engines, "free_held_by_dead"), (module, "execute")]
)
def test_an_error_of_any_kind_does_not_end_the_heartbeat(
    hurried: None, app: Flask, monkeypatch: pytest.MonkeyPatch, where: ModuleType, step: str
) -> None:
    mine = engine_that_only_claims()
    failures: list[None] = []

    def fail(*_: object, **__: object) -> int:
        failures.append(None)
        raise KeyError(step)

    with monkeypatch.context() as broken:
        broken.setattr(where, step, fail)
        in_touch_for_long(mine)
        monkeypatch.setattr(mine._watch, "lose_touch", lambda: None)
        mine.start()
        wait_until(lambda: len(failures) > 1, 20)
    try:
        wait_until(lambda: list(engines()) == [mine.engine_id], 20)
    finally:
        mine.stop(is_clean=True)


def test_another_engine_goes_on_by_itself(
    hurried: None, organisation: Organisation, receiver: Receiver, run: Run, engine: Engine
) -> None:
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    dead = engine_that_only_claims()
    take(dead)
    assert [one.status for one in run()] == ["sending"]
    die(dead)
    in_touch_for_long(engine._heartbeat)
    wait_until(lambda: [one.status for one in deliveries()] == ["delivered"], 20)
    assert [one.outcome for one in attempts()] == ["lost", "succeeded"]


def test_after_the_database_was_away_the_others_get_time_to_renew(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    other = engine_that_only_claims()
    take(other)
    die(other)
    freed: list[None] = []
    mine = Heartbeat(db.engine, busy=lambda: False, freed=lambda: freed.append(None))
    in_touch_for_long(mine)
    with monkeypatch.context() as away:
        away.setattr(dead_engines, "free_held_by_dead", _away)
        mine._try(mine._look)
    mine._try(mine._look)
    assert list(engines()) == [other.engine_id]
    in_touch_for_long(mine)
    mine._try(mine._look)
    assert freed == [None]
    assert engines() == {}


def test_a_new_engine_does_not_judge_the_others_at_once(
    hurried: None, organisation: Organisation
) -> None:
    """The database may have been away until it started."""
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    other = engine_that_only_claims()
    take(other)
    die(other)
    looks: list[None] = []
    mine = Heartbeat(db.engine, busy=lambda: bool(looks.append(None)), freed=lambda: None)
    in_touch_for_long(mine)
    mine.start()
    try:
        wait_until(lambda: len(looks) > 2, 20)
        assert list(engines()) == [other.engine_id]
        in_touch_for_long(mine)
        wait_until(lambda: engines() == {}, 20)
    finally:
        mine.stop(is_clean=True)


def test_a_machine_that_slept_does_not_judge_the_others_at_once(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    other = engine_that_only_claims()
    take(other)
    mine = Heartbeat(db.engine, busy=lambda: False, freed=lambda: None)
    in_touch_for_long(mine)
    mine._look()
    assert mine._watch.may_judge
    awake_at = time.time() + 60
    monkeypatch.setattr(module.time, "time", lambda: awake_at)
    die(other)
    mine._look()
    assert list(engines()) == [other.engine_id]


def test_who_waited_long_to_renew_does_not_judge_the_others_at_once(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may have waited for the same writer."""
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    other = engine_that_only_claims()
    take(other)
    die(other)
    mine = engine_that_only_claims()
    in_touch_for_long(mine)
    later = time.time() + 60

    def renew(_: object) -> None:
        monkeypatch.setattr(module.time, "time", lambda: later)

    monkeypatch.setattr(mine, "_renew", renew)
    mine._look()
    assert list(engines()) == [other.engine_id]


def _away(*_: object) -> int:
    raise SQLAlchemyError("the database is away")


def _broken(*_: object) -> None:
    raise KeyError("broken")


def record(claimed: Claimed, retry_in: float) -> None:
    outcome = Outcome(Failure.STATUS, "503", utcnow(), 0.1, 503)
    record_results(db.engine, [Result(claimed, Tried("https://a.example", outcome), retry_in)])
