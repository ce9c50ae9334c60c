"""On PostgreSQL, deliveries are in partitions by time, which keep what the table had."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Flag
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import Flask

from tests.support.filling import id_at
from tests.support.own_database import app_on
from tests.support.raw_sql import driver, own_url, run
from tests.support.servers import wait_until
from webhooks_app.database.coming_partitions import make_ahead
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.migrations import partitioning

# As the code of 0046 plans one.
DELIVERY = """
    INSERT INTO deliveries (id, organisation_id, mode, subscription_id, event_id, trigger,
        wire_format, status, tries, failures, created_at)
    VALUES (%s, 'org_1', 'live', 'whk_1', %s, 'event', 'standard', 'pending', 0, 0, now())"""
LEVELS = """
    SELECT relname, reloptions FROM pg_class
    WHERE relkind = 'r' AND relname ~ '^deliveries' ORDER BY relname"""
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'deliveries'"
PLACED = "SELECT tableoid::regclass::text FROM deliveries WHERE id = %s"
STATES = "SELECT status, undelivered FROM deliveries WHERE id = %s"


@pytest.fixture(scope="module")
def log_app(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app on a database of its own, which is not migrated."""
    with app_on(
        postgres_url, "hookline_delivery_partitions", tmp_path_factory.mktemp("partitions")
    ) as app:
        yield app


@pytest.fixture
def config(log_app: Flask) -> Iterator[Config]:
    """The schema before deliveries are partitioned; the table is empty."""
    with log_app.app_context():
        config: Config = log_app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0046")
        run("TRUNCATE deliveries")
        command.downgrade(config, "0046")
        yield config
        db.session.remove()


def stored(days: int = 0, event_id: str = "") -> str:
    id_ = id_at("msg", utcnow() + timedelta(days=days))
    run(DELIVERY, id_, event_id or new_id("evt"))
    return id_


def ids() -> set[str]:
    return {id_ for (id_,) in run("SELECT id FROM deliveries")}


def place(id_: str) -> str:
    [(name,)] = run(PLACED, id_)
    return str(name)


def indexes() -> set[str]:
    return {name for (name,) in run(INDEXES)}


def is_noted(id_: str) -> bool:
    """Whether the database sees that it failed, whoever writes that."""
    for status in ("failed", "delivered", "cancelled"):
        run("UPDATE deliveries SET status = %s WHERE id = %s", status, id_)
        if run(STATES, id_) != [(status, None if status == "delivered" else status)]:
            return False
    return True


def test_a_full_table_becomes_the_first_partition_while_others_plan_and_end_deliveries(
    config: Config,
) -> None:
    early = [stored(-n) for n in range(100)]
    stop, begun, url = Flag(), Flag(), own_url()

    def write() -> list[str]:
        """As an older process does, by prepared statements of one connection."""
        written: list[str] = []
        with driver(url) as connection:
            while not stop.is_set():
                connection.execute(DELIVERY, [id_ := new_id("msg"), new_id("evt")], prepare=True)
                ended = "UPDATE deliveries SET status = 'failed' WHERE id = %s"
                connection.execute(ended, [id_], prepare=True)
                written.append(id_)
                if len(written) > 10:
                    begun.set()
        return written

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        wait_until(begun.is_set)
        command.upgrade(config, "0047")
        so_far = len(ids())
        wait_until(lambda: len(ids()) > so_far)
        stop.set()
        late = writing.result()
    assert ids() == {*early, *late}
    assert run("SELECT DISTINCT undelivered FROM deliveries WHERE status = 'failed'") == [
        ("failed",)
    ]
    [made, *_] = make_ahead(db.engine, utcnow() + timedelta(days=59), 90)
    places = {"deliveries_before": -1, made: 62, "deliveries_default": 900}
    for name, days in places.items():
        assert place(one := stored(days)) == name
        assert is_noted(one)
    options = dict(run(LEVELS))
    assert set(options) > set(places)
    assert {tuple(one) for one in options.values()} == {("fillfactor=45",)}
    assert {"ix_deliveries_planned"} == indexes() & {"ix_deliveries_planned", "uq_deliveries_once"}

    number = len(ids())
    command.downgrade(config, "0046")
    assert len(ids()) == number
    assert dict(run(LEVELS)) == {"deliveries": ["fillfactor=45"]}
    assert "ix_deliveries_planned" not in indexes()
    stored(event_id=(event_id := new_id("evt")))
    with pytest.raises(psycopg.errors.UniqueViolation):
        stored(event_id=event_id)
    assert is_noted(early[0])


@pytest.mark.parametrize("step", ["partition", "_switch"])
def test_stopped_it_continues_and_until_then_the_version_before_finds_its_index(
    config: Config, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    one = stored()

    def stopped(*_: Any, **__: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(partitioning, step, stopped)
        with pytest.raises(InterruptedError):
            command.upgrade(config, "0047")
    assert {"ix_deliveries_planned", "uq_deliveries_once"} <= indexes()
    assert is_noted(one)
    command.upgrade(config, "0047")
    assert "uq_deliveries_once" not in indexes()
    assert place(one) == "deliveries_before"
    assert is_noted(one)


def test_stopped_after_the_last_step_it_has_nothing_left_to_do(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, partition = stored(), partitioning.partition

    def stopped(*arguments: Any, **more: Any) -> None:
        partition(*arguments, **more)
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(partitioning, "partition", stopped)
        with pytest.raises(InterruptedError):
            command.upgrade(config, "0047")
    assert place(one) == "deliveries_before"
    command.upgrade(config, "0047")
    assert is_noted(one)
    assert "ix_deliveries_planned" in indexes()


def test_as_a_script_it_says_that_it_cannot_be_written(config: Config) -> None:
    """What it does depends on what the table holds."""
    with pytest.raises(CommandError, match="cannot be written as a script"):
        command.upgrade(config, "0046:0047", sql=True)
