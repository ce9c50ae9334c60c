"""The beat, tick by tick. Kills are in tests/journeys."""

from datetime import timedelta

from flask import Flask
from redis import Redis
from sqlalchemy import select, update

from tests import factories
from tests.support.engine import make_due
from tests.support.open_deliveries import arrange
from tests.support.servers import RedisServer, wait_until
from webhooks_app import queue
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.dead_engines import ALIVE_FOR
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.extensions import db
from webhooks_app.jobs import beat as module
from webhooks_app.jobs.beat import Beat
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Queued, RunningEngine
from webhooks_app.operations.schedule import PERIODIC

LEASE = timedelta(seconds=30)


def waiting(redis_server: RedisServer, name: str) -> list[str]:
    return [
        job.func_name for job in queue.queue_named(name, queue.fast_redis(redis_server.url)).jobs
    ]


def beat_on(redis_server: RedisServer) -> Beat:
    db.session.rollback()
    return Beat(db.engine, queue.beat_redis(redis_server.url))


def test_it_asks_for_an_engine_only_when_something_is_due(
    app: Flask, redis_server: RedisServer
) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    beat = beat_on(redis_server)
    beat.tick()
    assert waiting(redis_server, queue.DELIVERIES) == []
    factories.accepted(organisation)
    db.session.rollback()
    beat.tick()
    beat.tick()
    assert waiting(redis_server, queue.DELIVERIES) == [queue.RUN_ENGINE]


def test_a_lease_is_due_once_it_has_run_out(app: Flask, redis_server: RedisServer) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    beat = beat_on(redis_server)
    claim(db.engine, ClaimRequest(limit=10, free={}), timedelta(seconds=30))
    beat.tick()
    assert waiting(redis_server, queue.DELIVERIES) == []
    make_due()
    beat.tick()
    assert waiting(redis_server, queue.DELIVERIES) == [queue.RUN_ENGINE]


def test_it_frees_what_a_dead_engine_held_once_it_was_in_touch_for_a_while(
    app: Flask, redis_server: RedisServer
) -> None:
    """So the replacement of the only worker need not wait until it may judge for itself."""
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    dead = Heartbeat(db.engine, busy=lambda: True, freed=lambda: None)
    beat = beat_on(redis_server)
    claim(db.engine, ClaimRequest(limit=10, free={}, heartbeat=dead), LEASE)
    db.session.execute(update(RunningEngine).values(alive_until=utcnow() - timedelta(seconds=1)))
    arrange(Delivery.status == "sending", due_at=utcnow() + timedelta(seconds=5))
    beat.tick()
    assert db.session.scalars(select(RunningEngine.id)).all() == [dead.engine_id]
    db.session.rollback()
    beat._engines.in_touch_since -= ALIVE_FOR
    beat.tick()
    assert db.session.scalars(select(RunningEngine.id)).all() == []
    [held] = db.session.scalars(select(Queued))
    assert held.leased_until is not None
    assert held.leased_until <= utcnow()


def test_it_enqueues_each_periodic_job_once_in_its_time(
    app: Flask, redis_server: RedisServer
) -> None:
    first = beat_on(redis_server)
    first.tick()
    assert waiting(redis_server, queue.BACKGROUND) == [periodic.job for periodic in PERIODIC]
    redis_server.empty()
    second = beat_on(redis_server)
    second.tick()
    assert waiting(redis_server, queue.BACKGROUND) == []


def test_of_two_one_is_active_until_it_is_gone(app: Flask, redis_server: RedisServer) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    first, second = beat_on(redis_server), beat_on(redis_server)
    first.tick()
    factories.accepted(organisation)
    db.session.rollback()
    second.tick()
    assert waiting(redis_server, queue.DELIVERIES) == []
    redis = Redis.from_url(redis_server.url)
    assert 0 < redis.ttl(module.LOCK) <= module.LEASE
    redis.pexpire(module.LOCK, 1)

    def takes_over() -> bool:
        second.tick()
        return waiting(redis_server, queue.DELIVERIES) == [queue.RUN_ENGINE]

    wait_until(takes_over)


def test_a_beat_that_lost_its_lock_takes_it_again_only_when_it_is_free(
    app: Flask, redis_server: RedisServer
) -> None:
    first, second = beat_on(redis_server), beat_on(redis_server)
    first.tick()
    redis_server.empty()
    second.tick()
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    db.session.rollback()
    first.tick()
    assert waiting(redis_server, queue.DELIVERIES) == []
    second.tick()
    assert waiting(redis_server, queue.DELIVERIES) == [queue.RUN_ENGINE]
