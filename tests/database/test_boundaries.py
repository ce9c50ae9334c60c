"""A migration that was killed leaves a constraint behind, which is reported and dropped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
from alembic import command
from flask import Flask
from psycopg.errors import CheckViolation
from sqlalchemy import create_engine

from tests.conftest import ENCRYPTION_KEY, SECRET_KEY, settings_for
from tests.support.filling import id_at
from tests.support.raw_sql import driver, run
from tests.support.servers import RedisServer, create_database
from webhooks_app import create_app
from webhooks_app.database import boundaries
from webhooks_app.database.boundaries import MIGRATING, drop_left_behind, left_behind
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import checks

ROOT = Path(__file__).parents[2]
ATTEMPT = """
    INSERT INTO attempts (delivery_id, number, outcome, url, request_headers, response_headers,
        response_body, response_truncated, started_at, duration_ms)
    VALUES (%s, 1, 'succeeded', 'https://a.example', '{}', '[]', '', false, now(), 1)"""
UPGRADE = """
import os, signal, sys
from webhooks_app.migrations import partitioning
partitioning._switch = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from flask.cli import main
sys.argv = ["flask", "--app", "app", "db", "upgrade", "0043"]
main()"""
CONSTRAINT = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
NAME = "attempts_before_boundary"


@pytest.fixture(scope="module")
def app_and_boundary(
    postgres_url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, str]]:
    """On a database whose migration was killed before its last step."""
    url = create_database(postgres_url, "hookline_boundaries")
    app = create_app(settings_for(url, redis_server.url, tmp_path_factory.mktemp("boundaries")))
    with app.app_context():
        command.upgrade(app.extensions["migrate"].migrate.get_config(), "0042")
        run(ATTEMPT, id_at("msg", utcnow()))
        own = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "ENCRYPTION_KEYS": ENCRYPTION_KEY}
        done = subprocess.run(
            [sys.executable, "-c", UPGRADE], cwd=ROOT, env={**os.environ, **own}, check=False
        )
        assert done.returncode == -SIGKILL
        [(definition,)] = run(CONSTRAINT, NAME)
        yield app, definition
        db.engine.dispose()


@pytest.fixture
def killed(app_and_boundary: tuple[Flask, str]) -> Iterator[None]:
    app, definition = app_and_boundary
    with app.app_context():
        if not exists():
            run(f"ALTER TABLE attempts ADD CONSTRAINT {NAME} {definition}")
        yield
        db.session.remove()


def exists() -> bool:
    return bool(run(CONSTRAINT, NAME))


def refuses() -> bool:
    """Whether the table refuses what is made in 62 days."""
    with driver() as connection:
        connection.execute("BEGIN")
        try:
            connection.execute(ATTEMPT, [id_at("msg", utcnow() + timedelta(days=62))])
        except CheckViolation:
            return True
        finally:
            connection.execute("ROLLBACK")
    return False


@pytest.mark.usefixtures("killed")
def test_it_is_reported_with_its_day_and_what_to_do(redis_server: RedisServer) -> None:
    def tables() -> checks.Check:
        found = checks.services(db.engine, redis_server.url, utcnow())
        [one] = [check for check in found if check.part == "tables"]
        return one

    [left] = left_behind(db.engine)
    assert timedelta(days=59) < left.refuses_from - utcnow() < timedelta(days=62)
    said = tables()
    assert said.fault == "will refuse new rows"
    assert said.reason == f"attempts from {left.day} on"
    assert "db upgrade` again" in said.advice
    run(said.advice.partition("SQL: ")[2])
    assert not exists()
    assert tables().ok


@pytest.mark.usefixtures("killed")
def test_the_job_that_makes_partitions_drops_it(caplog: pytest.LogCaptureFixture) -> None:
    assert refuses()
    with caplog.at_level("INFO", boundaries.__name__):
        upkeep.make_partitions()
    assert not exists()
    assert not refuses()
    assert "dropped" in said_by(caplog)["event"]


@pytest.mark.usefixtures("killed")
def test_that_of_a_migration_which_runs_stays() -> None:
    """Also behind PgBouncer, where both may share a connection."""
    take = f"SELECT pg_advisory_lock({MIGRATING})"
    with driver() as migration:
        migration.execute(take)
        assert drop_left_behind(db.engine) == []
    with db.engine.connect() as shared:
        shared.exec_driver_sql(take)
        assert boundaries._left_behind(shared) == []
        shared.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATING})")
        assert len(boundaries._left_behind(shared)) == 1
    assert exists()


@pytest.mark.usefixtures("killed")
def test_it_is_logged_while_somebody_reads_the_table(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(boundaries, "PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    [left] = left_behind(db.engine)
    with driver() as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT 1 FROM attempts")
        assert drop_left_behind(db.engine) == []
        backup.execute("COMMIT")
    said = said_by(caplog)
    assert (said["table"], said["day"]) == ("attempts", left.day)
    run(said["statement"])
    assert not exists()


@pytest.mark.usefixtures("killed")
def test_it_is_logged_if_the_role_may_not_drop_it(caplog: pytest.LogCaptureFixture) -> None:
    run("CREATE ROLE stranger")
    stranger = create_engine(db.engine.url, connect_args={"options": "-c role=stranger"})
    try:
        assert drop_left_behind(stranger) == []
    finally:
        stranger.dispose()
        run("DROP ROLE stranger")
    assert said_by(caplog)["statement"] == left_behind(db.engine)[0].statement


def said_by(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    [line] = [one.msg for one in caplog.records if one.name == boundaries.__name__]
    assert isinstance(line, dict)
    return line


@pytest.mark.usefixtures("killed")
def test_the_next_migration_goes_on_without_it(app_and_boundary: tuple[Flask, str]) -> None:
    config = app_and_boundary[0].extensions["migrate"].migrate.get_config()
    command.upgrade(config, "0043")
    assert not exists()
    command.downgrade(config, "0042")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_there_is_none_on_sqlite(app: Flask) -> None:
    assert drop_left_behind(db.engine) == []
