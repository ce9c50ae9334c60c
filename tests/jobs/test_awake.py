"""An engine that stays awake as a job, and looks for work by itself."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy.exc import SQLAlchemyError

from tests import factories
from tests.support.engine import deliveries
from tests.support.receiver import Receiver
from tests.support.servers import RedisServer, wait_until
from webhooks_app import queue
from webhooks_app.doorbell import AWAKE, BELL, ring
from webhooks_app.engine import engine as module_of_engine
from webhooks_app.engine.engine import Engine
from webhooks_app.engine.floors import Floors
from webhooks_app.extensions import db
from webhooks_app.jobs import engine as module
from webhooks_app.jobs.engine import engine_of, engine_parts, listener_of, run_engine, stay_awake


@pytest.fixture
def redis(redis_server: RedisServer) -> Redis:
    return queue.fast_redis(redis_server.url)


@pytest.fixture
def engine(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that never looks by itself."""
    monkeypatch.setattr(module, "LOOK_EVERY", None)
    engine = module.resident(app)
    yield engine
    db.session.rollback()
    engine.stop()


def event_for(receiver: Receiver) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, receiver.url)
    db.session.commit()
    factories.accepted(organisation)
    db.session.rollback()


def has_all(receiver: Receiver, number: int) -> bool:
    return len(receiver.received) == number


def waiting(redis: Redis) -> list[str]:
    return [job.func_name for job in queue.queue_named(queue.DELIVERIES, redis).jobs]


def test_while_it_is_awake_a_ring_is_enough(
    app: Flask, engine: Engine, receiver: Receiver, redis: Redis
) -> None:
    awake = threading.Thread(target=stay_awake, args=(engine, listener_of(app), 60))
    awake.start()
    wait_until(lambda: bool(redis.exists(AWAKE)))
    for number in (1, 2):
        event_for(receiver)
        ring(redis)
        wait_until(lambda expected=number: has_all(receiver, expected))
    assert waiting(redis) == []
    engine.stop_soon()
    awake.join(60)
    assert not awake.is_alive()


def test_it_leaves_when_it_is_idle_and_nobody_believes_in_it_any_more(
    app: Flask, engine: Engine, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE", 0.5)
    assert stay_awake(engine, listener_of(app), 60) is False
    assert not redis.exists(AWAKE)


def test_when_its_time_is_over_a_successor_goes_on(
    app: Flask, engine: Engine, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUDGET", 0.2)
    run_engine()
    assert waiting(redis) == [queue.RUN_ENGINE]


def test_an_idle_one_has_no_successor(
    app: Flask, engine: Engine, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE", -1)
    run_engine()
    assert waiting(redis) == []
    assert redis.llen(BELL) == 0


def test_the_one_of_a_worker_looks_by_itself(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.05)
    engine = module.resident(app)
    assert engine is engine_of(app)
    event_for(receiver)
    wait_until(lambda: has_all(receiver, 1))
    wait_until(lambda: [one.status for one in deliveries()] == ["delivered"])
    engine.stop()


def test_one_that_cannot_look_looks_again(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([True, True])

    def fails_twice(database: DatabaseEngine, floors: Floors) -> bool:
        if next(looks, False):
            raise SQLAlchemyError
        return anything_due(database, floors)

    anything_due = module_of_engine.anything_due
    monkeypatch.setattr(module_of_engine, "anything_due", fails_twice)
    engine = Engine(engine_parts(app), look_every=0.05)
    engine.start()
    event_for(receiver)
    wait_until(lambda: has_all(receiver, 1))
    db.session.rollback()
    engine.stop()
