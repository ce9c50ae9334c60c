"""All kinds of work through PgBouncer, set up as `deploy/pgbouncer.ini` says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests import factories
from tests.api.conftest import Api
from tests.conftest import Client, empty, settings_for
from tests.support.engine import deliveries, running, settle
from tests.support.pgbouncer import pgbouncer, role_with_settings
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, RedisServer, wait_until
from tests.support.stopped_client import stopped_client
from tests.web.conftest import PASSWORD, Person
from webhooks_app import create_app
from webhooks_app.database import clock_of
from webhooks_app.extensions import db
from webhooks_app.jobs import replays, upkeep
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Event, ReplayBatch, SubscriptionHealth
from webhooks_app.operations import checks
from webhooks_app.operations.checks import CONNECTIONS, Check
from webhooks_app.operations.integrity_check import audit

EVENTS = 200
PAGES = ("/", "/webhooks/", "/deliveries/", "/events/", "/deliveries/export.csv", "/notifications/")
PARTITIONS = text("SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('events')")


@pytest.fixture
def empty_database(postgres_database: str) -> str:
    empty(postgres_database)
    return postgres_database


@pytest.fixture
def pooler(empty_database: str, tmp_path: Path) -> Iterator[str]:
    with role_with_settings(empty_database), pgbouncer(empty_database, tmp_path) as url:
        yield url


@pytest.fixture
def app(pooler: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Flask]:
    redis_server.empty()
    with through(pooler, redis_server, tmp_path, "background") as app:
        yield app


@contextmanager
def through(url: str, redis: RedisServer, folder: Path, role: str) -> Iterator[Flask]:
    settings = settings_for(url, redis.url, folder, database_pooling="transaction")
    app = create_app(settings, role=role)
    app.test_client_class = Client
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def api(app: Flask, receiver: Receiver) -> Api:
    organisation = factories.organisation()
    factories.member(organisation, factories.user("owner@example.com", PASSWORD))
    factories.webhook(organisation, receiver.url)
    return Api(app.test_client(), factories.api_key(organisation))


def post_many(app: Flask, api: Api) -> None:
    """At once, so that each statement gets a connection that others used."""

    def post(_: int) -> int:
        return Api(app.test_client(), api.token).event().status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(post, range(EVENTS))) == {202}


def send_all(app: Flask) -> None:
    with running(engine_parts(app)) as engine:
        assert {one.status for one in settle(engine)} == {"delivered"}


def test_events_are_accepted_and_delivered_once(app: Flask, api: Api, receiver: Receiver) -> None:
    post_many(app, api)
    send_all(app)
    assert len(receiver.received) == EVENTS
    assert db.session.scalar(select(SubscriptionHealth.delivered)) == EVENTS
    assert audit(db.engine, 90).ok


def test_a_key_is_used_once_by_all_who_use_it_at_the_same_time(app: Flask, api: Api) -> None:
    def post(_: int) -> str:
        mine = Api(app.test_client(), api.token)
        body = {"type": "lead.captured", "data": {}}
        answer = mine.post("/events", body, headers={"Idempotency-Key": "k"})
        return str(answer.get_json()["id"])

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(post, range(20)))) == 1
    assert db.session.scalar(select(func.count()).select_from(Event)) == 1


def test_pages_and_lists_are_shown(app: Flask, api: Api) -> None:
    post_many(app, api)
    owner = Person(app.test_client()).log_in("owner@example.com")
    for path in PAGES * 2:
        assert owner.get(path).status_code == 200, path
    with ThreadPoolExecutor(8) as threads:
        shown = threads.map(lambda _: api.get("/deliveries").status_code, range(40))
        assert set(shown) == {200}


def test_a_replay_sends_all_again(app: Flask, api: Api, receiver: Receiver) -> None:
    post_many(app, api)
    send_all(app)
    [row] = api.get("/webhooks").get_json()["data"]
    started = api.post("/replays", {"filter": {"subscription_id": row["id"]}})
    assert started.status_code in (201, 202), started.text
    replays.run_batch(started.get_json()["id"], utcnow().isoformat())
    db.session.rollback()
    assert db.session.scalars(select(ReplayBatch.replayed)).one() == EVENTS
    send_all(app)
    assert len(receiver.received) == 2 * EVENTS


def test_partitions_are_made_and_what_has_expired_goes(
    app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_many(app, api)
    send_all(app)
    upkeep.make_partitions()
    with db.engine.connect() as connection:
        before = connection.scalar(PARTITIONS)
    later = clock_of(db.engine) + timedelta(days=20)
    monkeypatch.setattr(upkeep, "clock_of", lambda _: later)
    try:
        upkeep.make_partitions()
        with db.engine.connect() as connection:
            assert connection.scalar(PARTITIONS) > before
        later += timedelta(days=100)
        for job in (upkeep.delete_expired, upkeep.delete_old_audit_entries, upkeep.meter_usage):
            job()
        assert db.session.scalar(select(func.count()).select_from(Event)) == 0
    finally:
        monkeypatch.undo()
        upkeep.make_partitions()


def test_rows_of_a_client_that_stopped_within_a_transaction_are_free_again(
    app: Flask, api: Api, empty_database: str, pooler: str, receiver: Receiver
) -> None:
    api.event()
    with stopped_client(pooler):
        with running(engine_parts(app)) as engine:
            assert engine.drain(PATIENCE)
            wait_until(lambda: not engine.busy)
        assert [one.status for one in deliveries()] == ["delivered"]
    assert len(receiver.received) == 1


def test_statements_of_web_servers_have_a_limit(pooler: str) -> None:
    with psycopg.connect(f"{pooler}_web", prepare_threshold=None) as connection:
        asked = [connection.execute(f"SHOW {name}_timeout") for name in ("lock", "statement")]
        assert [answer.fetchone() for answer in asked] == [("10s",), ("10s",)]
    with psycopg.connect(pooler, prepare_threshold=None) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)


def connections(redis: RedisServer) -> Check:
    found = checks.services(db.engine, redis.url, utcnow())
    return next(one for one in found if one.part == CONNECTIONS)


@pytest.mark.parametrize("role", ["web", "command"])
def test_settings_that_the_role_lacks_are_told(
    empty_database: str, redis_server: RedisServer, tmp_path: Path, role: str
) -> None:
    with (
        role_with_settings(empty_database),
        pgbouncer(empty_database, tmp_path) as url,
        through(url, redis_server, tmp_path, role),
    ):
        assert connections(redis_server).ok
    with (
        pgbouncer(empty_database, tmp_path) as url,
        through(url, redis_server, tmp_path, role) as app,
    ):
        lacks = connections(redis_server)
        assert lacks.fault == "lack settings"
        missing = ("idle_in_transaction_session_timeout is 0", "jit is on", "lock_timeout is 0")
        assert lacks.reason == ", ".join(missing)
        assert "ALTER ROLE hookline SET jit = 'off'; ALTER ROLE hookline SET idle" in lacks.advice
        said = app.test_cli_runner().invoke(args=["check-config"])
        assert "FAILED  connections: lack settings" in said.output
        assert app.test_client().get("/status").get_json()["checks"][CONNECTIONS] == lacks.fault


@pytest.mark.parametrize("role", ["web", "command", "background"])
def test_without_a_pooler_nothing_is_missing(
    empty_database: str, redis_server: RedisServer, tmp_path: Path, role: str
) -> None:
    app = create_app(settings_for(empty_database, redis_server.url, tmp_path), role=role)
    with app.app_context():
        assert connections(redis_server).ok
        db.engine.dispose()
