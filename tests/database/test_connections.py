"""Connections to PostgreSQL: their settings, and abandoned locks that end."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from tests import factories
from tests.conftest import empty, settings_for
from tests.support.engine import deliveries, running
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, RedisServer, wait_until
from tests.support.stopped_client import stopped_client
from webhooks_app import create_app
from webhooks_app.database import postgres
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts


@pytest.fixture
def empty_database(postgres_database: str) -> str:
    empty(postgres_database)
    return postgres_database


@pytest.fixture
def app(empty_database: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Flask]:
    yield from _app(empty_database, redis_server, tmp_path)


def _app(url: str, redis: RedisServer, folder: Path, **more: object) -> Iterator[Flask]:
    app = create_app(settings_for(url, redis.url, folder, **more))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_a_connection_asks_for_what_frees_locks(
    empty_database: str,
    redis_server: RedisServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGAPPNAME", "hooks of shop 1")
    for app in _app(empty_database, redis_server, tmp_path):
        names = (
            "application_name",
            "TimeZone",
            "jit",
            "tcp_keepalives_idle",
            "tcp_keepalives_interval",
            "tcp_keepalives_count",
            "tcp_user_timeout",
            "idle_in_transaction_session_timeout",
        )
        assert app
        assert [db.session.scalar(text(f"SHOW {name}")) for name in names] == [
            "hooks of shop 1",
            "UTC",
            "off",
            "5",
            "5",
            "3",
            "20000",
            "25s",
        ]


def test_without_a_name_of_its_own_a_connection_says_whose_it_is(app: Flask) -> None:
    assert db.session.scalar(text("SHOW application_name")) == "hookline"


def test_rows_of_a_process_that_stopped_within_a_transaction_are_free_again(
    app: Flask, empty_database: str, receiver: Receiver
) -> None:
    """Otherwise the recorder of every other worker would wait for it."""
    organisation = factories.organisation()
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    with stopped_client(empty_database, engine_options_of(app)):
        with running(engine_parts(app)) as engine:
            assert engine.drain(PATIENCE)
            wait_until(lambda: not engine.busy)
        assert [one.status for one in deliveries()] == ["delivered"]
    assert len(receiver.received) == 1


def test_a_connection_that_was_just_made_is_not_asked_whether_it_works(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server stops and starts, SQLAlchemy would take the second such failure in a row for
    a mistake of ours."""
    monkeypatch.setattr(postgres, "FRESH", 0.0)
    asked: list[object] = []

    def fails(connection: object) -> None:
        asked.append(connection)
        raise psycopg.OperationalError("the server is shutting down")

    with db.engine.connect():
        pass
    monkeypatch.setattr(db.engine.dialect, "do_ping", fails)
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    assert len(asked) == 1


def engine_options_of(app: Flask) -> str:
    """The settings of the product's connections."""
    assert app
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        return str(driver.info.get_parameters()["options"])
