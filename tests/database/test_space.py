"""A SQLite file shrinks when rows are deleted."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, create_engine, text, update

from tests import factories
from tests.support.slices import finish
from webhooks_app.database import prepare
from webhooks_app.database.space import KEPT_FREE, compact, give_back, gives_back
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery
from webhooks_app.operations import space

ROWS = 3000
LARGE = '{"message":"%s"}' % ("x" * 3000)
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Engine]:
    """A database of its own, made the way that the product makes one."""
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Engine]:
    """As an older version made it."""
    connection = sqlite3.connect(tmp_path / "older.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE first (id INTEGER)")
    connection.close()
    engine = create_engine(f"sqlite:///{tmp_path}/older.db")
    prepare(engine)
    yield engine
    engine.dispose()


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE rows (id INTEGER PRIMARY KEY, data TEXT)"))
        rows = [{"data": LARGE} for _ in range(ROWS)]
        connection.execute(text("INSERT INTO rows (data) VALUES (:data)"), rows)


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM rows"))


def pages(engine: Engine) -> tuple[int, int]:
    """All, and those that are free."""
    with engine.connect() as connection:
        count = connection.scalar(text("PRAGMA page_count")) or 0
        return count, connection.scalar(text("PRAGMA freelist_count")) or 0


def test_a_new_database_shrinks_by_so_many_pages_at_a_time(new: Engine) -> None:
    fill(new)
    before, _ = pages(new)
    empty(new)
    assert give_back(new, 1000) == (1000, True)
    assert pages(new)[0] == pytest.approx(before - 1000, abs=5)
    assert finish(space.given_back(new)) > 1500
    count, free = pages(new)
    assert count < before / 10
    assert free <= count * KEPT_FREE + 1
    assert give_back(new, 1000) == (0, False)


def test_an_opened_connection_waits_for_no_writer(new: Engine) -> None:
    """Only the first connection says how the pages are to be kept."""
    fill(new)
    with new.begin() as writing:
        writing.execute(text("DELETE FROM rows WHERE id = 1"))
        with new.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            assert driver.execute("SELECT count(*) FROM rows").fetchone() == (ROWS,)


def test_an_older_database_shrinks_once_it_is_compacted(older: Engine) -> None:
    fill(older)
    empty(older)
    before, free = pages(older)
    assert free > 1500
    assert give_back(older, 1000) == (0, False)
    assert not gives_back(older)
    assert compact(older, 60) is not None
    assert gives_back(older)
    assert pages(older)[0] < before / 10


def test_what_would_take_too_long_changes_nothing(older: Engine) -> None:
    fill(older)
    before = pages(older)
    assert compact(older, 0) is None
    assert pages(older) == before
    assert not gives_back(older)
    with older.begin() as connection:
        connection.execute(text("DELETE FROM rows WHERE id = 1"))
    assert compact(older, 60) is not None


@only_sqlite
def test_retention_gives_the_space_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead(data=LARGE) for _ in range(400)])
    over = {"status": "cancelled", "due_at": None, "finished_at": utcnow()}
    db.session.execute(update(Delivery).values(over))
    db.session.commit()
    before, _ = pages(db.engine)
    monkeypatch.setattr(upkeep, "clock_of", lambda _: utcnow() + timedelta(days=100))
    upkeep.delete_expired()
    assert pages(db.engine)[0] < before - 250


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["compact-database", *arguments])


@only_sqlite
def test_the_command_compacts_an_older_database_once(app: Flask) -> None:
    _as_older(app)
    refused = run(app, "--at-most", "0.000001")
    assert refused.exit_code == 2
    assert "Nothing has changed" in refused.stderr
    done = run(app)
    assert done.exit_code == 0, done.stderr
    assert "Nobody else could write for" in done.stdout
    assert gives_back(db.engine)
    assert "nothing to do" in run(app).stdout


@only_sqlite
def test_the_command_needs_room_for_two_copies(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _as_older(app)
    monkeypatch.setattr("webhooks_app.commands.compact.COPIES", 10**12)
    refused = run(app)
    assert refused.exit_code == 2
    assert "only" in refused.stderr
    assert not gives_back(db.engine)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_command_is_for_sqlite(app: Flask) -> None:
    refused = run(app)
    assert refused.exit_code == 2
    assert "PostgreSQL" in refused.stderr


def _as_older(app: Flask) -> None:
    db.session.remove()
    fill(db.engine)
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA auto_vacuum = NONE")
        driver.execute("VACUUM")
    assert not gives_back(db.engine)
