"""What the API answers while Redis or the database is away."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import Api, kind, stored
from tests.conftest import settings_for
from tests.support.servers import RedisServer, let_it_only_read
from webhooks_app import create_app
from webhooks_app.extensions import db
from webhooks_app.parts import parts_of

# How many seconds a redis-py client waits by default before it reports that Redis is away.
REDIS_PATIENCE = 3.2


@pytest.fixture
def client(app: Flask, own_redis: RedisServer, database_url: str, tmp_path: Path) -> FlaskClient:
    """The API of an app with a Redis that the test can stop."""
    return create_app(settings_for(database_url, own_redis.url, tmp_path)).test_client()


def slowest_of(api: Api, count: int) -> float:
    slowest = 0.0
    for _ in range(count):
        start = time.perf_counter()
        assert api.event().status_code == 202
        slowest = max(slowest, time.perf_counter() - start)
    return slowest


def test_events_are_accepted_while_redis_is_down(api: Api, own_redis: RedisServer) -> None:
    api.webhook()
    own_redis.kill()
    assert slowest_of(api, 20) < REDIS_PATIENCE
    assert stored() == (20, 20)
    own_redis.start()


def test_events_are_accepted_while_redis_hangs(api: Api, own_redis: RedisServer) -> None:
    api.webhook()
    own_redis.freeze()
    try:
        assert slowest_of(api, 20) < REDIS_PATIENCE
    finally:
        own_redis.thaw()
    assert stored() == (20, 20)


def test_a_database_that_is_away_is_a_503_that_says_so(app: Flask, tmp_path: Path) -> None:
    away = create_app(settings_for("postgresql://nobody@127.0.0.1:1/none", "", tmp_path))
    response = Api(away.test_client(), "hk_live_x").event()
    assert (response.status_code, kind(response)) == (503, "unavailable")
    assert response.headers["Retry-After"] == "1"
    assert "nobody" not in response.text


def test_many_threads_that_read_at_once_do_not_wait_for_connections(app: Flask, api: Api) -> None:
    api.webhook()
    threads = parts_of(app).settings.web_threads

    def read(number: int) -> int:
        door = Api(app.test_client(), api.token if number % 2 else "hk_live_unknown")
        return door.get("/webhooks").status_code

    with ThreadPoolExecutor(threads) as readers:
        statuses = list(readers.map(read, range(threads * 8)))
    assert set(statuses) == {200, 401}


def test_what_the_database_cannot_store_is_named(api: Api) -> None:
    for answer in (api.get("/deliveries", subscription_id="a\0b"), api.get("/webhooks/whk%00")):
        assert answer.status_code in (200, 404, 422)


def test_a_failure_of_ours_tells_nothing_of_our_insides(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("webhooks_app.api.events.ingest", broken)
    response = api.event()
    assert (response.status_code, kind(response)) == (500, "internal-error")
    assert "inside" not in response.text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_only_reads_is_a_503_until_it_writes_again(
    app: Flask, client: FlaskClient, api: Api
) -> None:
    """The connection is dropped, since it may lead to a former primary."""
    let_it_only_read(db.engine.url, True)
    try:
        with client.application.app_context():
            db.engine.dispose()
        response = api.event()
        assert (response.status_code, kind(response)) == (503, "unavailable")
    finally:
        let_it_only_read(db.engine.url, False)
    assert api.event().status_code == 202
