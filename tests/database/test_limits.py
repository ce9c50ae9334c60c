"""How long a statement may wait and work: pages and the API for seconds, jobs for longer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from tests import factories
from tests.api.conftest import Api
from tests.conftest import empty, settings_for
from tests.support.engine import deliveries, running
from tests.support.receiver import Receiver
from tests.support.servers import RedisServer, wait_until
from webhooks_app import create_app
from webhooks_app.database import postgres
from webhooks_app.engine import pausing, recorder
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts

NAMES = ("lock_timeout", "statement_timeout")
FEW = {"lock_timeout": 200, "statement_timeout": 1_000}


@pytest.fixture
def empty_database(postgres_database: str) -> str:
    empty(postgres_database)
    return postgres_database


@pytest.fixture
def role(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "web")


@pytest.fixture
def app(
    empty_database: str, redis_server: RedisServer, tmp_path: Path, role: str
) -> Iterator[Flask]:
    app = create_app(settings_for(empty_database, redis_server.url, tmp_path), role=role)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def hasty(
    monkeypatch: pytest.MonkeyPatch,
    empty_database: str,
    redis_server: RedisServer,
    tmp_path: Path,
    role: str,
) -> Iterator[Flask]:
    """An app whose role may wait only for a moment."""
    monkeypatch.setitem(postgres.LIMITS, role, FEW)
    app = create_app(settings_for(empty_database, redis_server.url, tmp_path), role=role)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def limits() -> list[str]:
    return [db.session.execute(text(f"SHOW {name}")).scalar_one() for name in NAMES]


@pytest.mark.parametrize(
    ("role", "most"),
    [
        ("web", ["5s", "10s"]),
        ("deliveries", ["10s", "5min"]),
        ("beat", ["10s", "5min"]),
        ("background", ["30s", "1h"]),
        ("command", ["0", "0"]),
    ],
    indirect=["role"],
)
def test_each_role_has_its_limits(app: Flask, empty_database: str, most: list[str]) -> None:
    """Also if the database's own are stricter, for a migration must not be ended in its middle."""
    user, name = db.engine.url.username, db.engine.url.database
    assert user is not None
    assert name is not None
    theirs = sql.SQL("ALTER ROLE {} IN DATABASE {} {} statement_timeout")
    stricter, reset = (
        theirs.format(sql.Identifier(user), sql.Identifier(name), sql.SQL(verb))
        for verb in ("SET", "RESET")
    )
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute(stricter + sql.SQL(" = '9s'"))
        try:
            assert limits() == most
        finally:
            admin.execute(reset)


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Somebody else has changed rows and works on, so that no timeout for idle ones helps."""
    with psycopg.connect(url) as other:
        other.execute(statement)
        at_work = Thread(target=_work, args=(other,), daemon=True)
        at_work.start()
        try:
            yield
        finally:
            other.cancel_safe()
            at_work.join()


def _work(connection: psycopg.Connection) -> None:
    try:
        connection.execute("SELECT pg_sleep(60)")
    except psycopg.errors.QueryCanceled:
        connection.rollback()


def test_whoever_waits_for_a_locked_row_is_told_so(hasty: Flask, empty_database: str) -> None:
    organisation = factories.organisation()
    api = Api(hasty.test_client(), factories.api_key(organisation))
    webhook = api.webhook()
    db.session.commit()
    with held(empty_database, "UPDATE subscriptions SET name = name"):
        refused = api.patch(f"/webhooks/{webhook['id']}", {"name": "Other"})
        assert refused.status_code == 503
        assert refused.get_json()["detail"].startswith("The database took too long.")
        db.session.rollback()
        assert api.get("/webhooks").status_code == 200
    assert api.patch(f"/webhooks/{webhook['id']}", {"name": "Other"}).status_code == 200


def test_a_page_that_takes_too_long_says_so(hasty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> str:
        return str(db.session.execute(text("SELECT pg_sleep(30)")))

    monkeypatch.setitem(hasty.view_functions, "accounts.log_in", slow)
    client: FlaskClient = hasty.test_client()
    page = client.get("/login")
    assert page.status_code == 503
    assert "The database took too long. Try again in a moment." in page.text


@pytest.mark.parametrize("role", ["deliveries"], indirect=True)
def test_results_that_wait_for_a_locked_row_are_kept_and_the_log_says_why(
    hasty: Flask, empty_database: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "log", structlog.get_logger())  # one that nobody has used
    organisation = factories.organisation()
    factories.webhook(organisation, receiver.url)
    factories.accepted(organisation)
    db.session.commit()
    with running(engine_parts(hasty)) as engine:
        with (
            capture_logs() as logs,
            held(empty_database, "UPDATE subscription_health SET delivered = delivered"),
        ):
            engine.drain(10)
            wait_until(lambda: any(one["event"] == "cannot record" for one in logs))
            assert engine.busy
        wait_until(lambda: not engine.busy)
    assert [one.status for one in deliveries()] == ["delivered"]
    assert len(receiver.received) == 1
    [reason] = {one["reason"] for one in logs if one["event"] == "cannot record"}
    assert reason.startswith("55P03")


SLOW = """
    CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;
    CREATE TRIGGER be_slow BEFORE INSERT ON events EXECUTE FUNCTION be_slow()"""


@contextmanager
def slow_disk(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(SLOW)
        try:
            yield
        finally:
            admin.execute("DROP FUNCTION be_slow CASCADE")


def test_storing_a_batch_may_take_longer(hasty: Flask, empty_database: str) -> None:
    """It would be sent again, and take as long."""
    organisation = factories.organisation()
    with slow_disk(empty_database):
        with pytest.raises(OperationalError, match="statement timeout"):
            factories.accepted(organisation)
        assert len(factories.accepted(organisation, factories.lead(), factories.lead())) == 2


def test_resuming_what_waits_by_the_hundred_thousand_may_take_longer(
    hasty: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = factories.organisation()
    api = Api(hasty.test_client(), factories.api_key(organisation))
    webhook = api.webhook()

    def slow(connection: Connection, *_: object) -> None:
        connection.execute(text("SELECT pg_sleep(1.5)"))

    monkeypatch.setattr(pausing, "spread", slow)
    assert api.post(f"/webhooks/{webhook['id']}/pause").status_code == 200
    assert api.post(f"/webhooks/{webhook['id']}/resume", {"rate": 5}).status_code == 200
    with pytest.raises(OperationalError):
        db.session.execute(text("SELECT pg_sleep(1.5)"))
