"""What probes, the operators' page and `check-config` show, part by part."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import event, text

from tests.support.servers import RedisServer, let_it_only_read
from webhooks_app import queue
from webhooks_app.database import choose
from webhooks_app.extensions import db
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.crypto import new_key
from webhooks_app.lib.times import utcnow
from webhooks_app.models import PeriodicRun
from webhooks_app.operations import checks
from webhooks_app.operations.checks import BEAT_LOCK
from webhooks_app.operations.keys import remember
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.parts import parts

READY = {"sql": "", "schema": "", "writes": "", "keys": ""}


@pytest.fixture(autouse=True)
def _ask_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_written", Cache(8, seconds=0))


def ready() -> dict[str, str]:
    found = checks.readiness(db.engine, parts().settings.vault_keys)
    assert all(bool(check.advice) is not check.ok for check in found), found
    return {check.part: check.fault for check in found}


def delivering(late: timedelta = timedelta(0)) -> dict[str, str]:
    url = parts().settings.redis_socket_url
    found = checks.delivering(db.engine, url, utcnow() + late)
    assert all(check.advice or check.reason or check.ok for check in found), found
    return {check.part: check.fault for check in found}


def test_redis_and_workers_are_not_needed_to_be_ready(app: Flask) -> None:
    assert ready() == READY


def test_an_empty_database_is_not_ready(app: Flask) -> None:
    with db.engine.begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("DELETE FROM alembic_version"))
    try:
        assert ready() == {"sql": "", "schema": "is too old"}
    finally:
        with db.engine.begin() as connection:
            insert = text("INSERT INTO alembic_version VALUES (:version)")
            connection.execute(insert, {"version": before})


def test_a_database_that_only_reads_is_not_ready(app: Flask) -> None:
    with only_reading():
        assert ready() == READY | {"writes": "are refused"}
    assert ready() == READY


def test_other_keys_are_not_ready(app: Flask) -> None:
    remember(db.engine, [new_key()], utcnow())
    assert ready()["keys"] == "differ from those in the database"


def test_somebody_who_writes_for_long_does_not_make_it_unready(app: Flask) -> None:
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text("DELETE FROM periodic_runs"))
        assert ready() == READY


def test_all_that_delivering_needs_is_named(app: Flask, redis_server: RedisServer) -> None:
    nobody = "none seen lately"
    missing = {"workers": nobody, "background worker": nobody, "beat": nobody}
    parts_ = ("redis", "clock", "connections", "tables", "periodic jobs", "restore")
    working = dict.fromkeys(parts_, "")
    assert delivering() == working | missing
    redis = Redis.from_url(redis_server.url)
    redis.set(BEAT_LOCK, "somebody", ex=600)
    workers = [worker_of(name, redis) for name in (queue.DELIVERIES, queue.BACKGROUND)]
    assert delivering() == working | dict.fromkeys(missing, "")
    workers[1].register_death()
    assert delivering()["background worker"] == nobody
    workers[0].register_death()


def test_a_full_redis_is_told(app: Flask, redis_server: RedisServer) -> None:
    redis_server.fill()
    try:
        assert delivering()["redis"] == "accepts no writes"
    finally:
        redis_server.make_room()


def test_a_job_that_the_beat_forgot_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = max(PERIODIC, key=lambda periodic: periodic.every)
    for periodic in PERIODIC:
        db.session.add(PeriodicRun(name=periodic.job, last_run_at=utcnow()))
    db.session.commit()
    assert delivering()["periodic jobs"] == ""
    url = parts().settings.redis_socket_url
    monkeypatch.setattr(checks, "clock_of", lambda _: utcnow() + timedelta(hours=2))
    found = checks.delivering(db.engine, url, utcnow())
    [overdue] = [check for check in found if check.part == "periodic jobs"]
    assert overdue.fault == "are overdue"
    assert "digests.send_due" in overdue.reason
    assert slow.job.partition("jobs.")[2] not in overdue.reason


def test_a_clock_that_is_off_is_told(app: Flask) -> None:
    off = choose(db.engine, postgresql="differs from the database's", sqlite="")
    assert delivering(timedelta(seconds=30))["clock"] == off
    assert delivering(timedelta(seconds=-30))["clock"] == off


def worker_of(name: str, redis: Redis) -> Any:
    queues = [queue.queue_named(name, redis)]
    worker = SimpleWorker(queues, connection=redis, serializer=JSONSerializer)
    worker.register_birth()
    return worker


@contextmanager
def only_reading() -> Iterator[None]:
    if choose(db.engine, postgresql=True, sqlite=False):
        let_it_only_read(db.engine.url, True)
        db.engine.dispose()
        try:
            yield
        finally:
            let_it_only_read(db.engine.url, False)
            db.engine.dispose()
        return

    def refuse(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(db.engine, "checkout", refuse)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", refuse)
        db.engine.dispose()
