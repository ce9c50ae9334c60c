"""On PostgreSQL, a table makes the keys of events unique, whichever version stores the event."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Event as Flag
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy.event import listen, remove

from tests.support.own_database import app_on
from tests.support.raw_sql import driver, own_url, run
from tests.support.servers import wait_until
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.migrations import columns, partitioning

EVENT = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops,
        idempotency_key, source_id, occurred_at, created_at)
    VALUES (%s, 'org_1', 'live', 'lead.captured', '{}', 'api', 0, 0, %s, %s, now(), now())"""
OR_NOTHING = f"{EVENT} ON CONFLICT DO NOTHING"
KEYS = "SELECT kind, key, event_id FROM event_keys"
KEYS_OF_EVENTS = """
    SELECT 'idempotency_key', idempotency_key, id FROM events WHERE idempotency_key IS NOT NULL
    UNION ALL SELECT 'source_id', source_id, id FROM events WHERE source_id IS NOT NULL"""


@pytest.fixture(scope="module")
def keys_app(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app on a database of its own, which is not migrated."""
    with app_on(postgres_url, "hookline_event_keys", tmp_path_factory.mktemp("keys")) as app:
        yield app


@pytest.fixture
def config(keys_app: Flask) -> Iterator[Config]:
    """The schema before events are partitioned; the table is empty."""
    with keys_app.app_context():
        config: Config = keys_app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0044")
        command.downgrade(config, "0043")
        run("DELETE FROM events")
        yield config
        db.session.remove()


def stored(key: str | None, source: str | None = None, statement: str = EVENT) -> bool:
    """Whether that event was stored; otherwise its key was taken."""
    with driver() as connection:
        return insert(connection, statement, new_id("evt"), key, source)


def insert(connection: Any, statement: str, *values: str | None) -> bool:
    try:
        return bool(connection.execute(statement, values, prepare=True).rowcount)
    except psycopg.errors.UniqueViolation:
        return False


def assert_each_key_is_kept_once() -> None:
    of_events = run(KEYS_OF_EVENTS)
    assert sorted(run(KEYS)) == sorted(of_events)
    assert len({(kind, key) for kind, key, _ in of_events}) == len(of_events)


def test_keys_stay_unique_while_a_full_table_is_partitioned(config: Config) -> None:
    """An older process stores events meanwhile, in both of its ways, and deletes some."""
    for n in range(40):
        assert stored(f"key-{n}", f"source-{n}" if n % 2 else None)
    assert stored(None)
    stop, begun, url, chance = Flag(), Flag(), own_url(), Random(7)

    def write() -> int:
        tries = 0
        with driver(url) as connection:
            while not stop.is_set() or tries < 500:
                statement = chance.choice([EVENT, OR_NOTHING])
                key = f"key-{chance.randrange(300)}"
                insert(connection, statement, new_id("evt"), key, f"source-{chance.randrange(300)}")
                if tries % 10 == 0:
                    some = f"key-{chance.randrange(300)}"
                    connection.execute("DELETE FROM events WHERE idempotency_key = %s", [some])
                tries += 1
                begun.set()
        return tries

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        wait_until(begun.is_set)
        command.upgrade(config, "0044")
        stop.set()
        assert writing.result()
    assert_each_key_is_kept_once()
    names = {name for (name,) in run("SELECT tableoid::regclass::text FROM events")}
    assert names == {"events_before"}

    run("DELETE FROM events")
    assert run(KEYS) == []
    assert stored("key-1")
    later = floor_id("evt", (utcnow() + timedelta(days=9)).timestamp())
    with driver() as connection:
        assert not insert(connection, OR_NOTHING, later, "key-1", None)
        assert insert(connection, EVENT, later, "key-2", None)
    assert not stored("key-2")
    assert_each_key_is_kept_once()

    command.downgrade(config, "0043")
    assert [stored(key) for key in ("key-1", "key-2", "key-3")] == [False, False, True]


@pytest.mark.parametrize("step", ["patiently", "partition"])
def test_it_goes_on_after_it_was_stopped(
    config: Config, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Stopped once the trigger stores keys, or once those of earlier events are copied."""
    assert stored("key-1")
    patiently = columns.patiently

    def stopped(table: str, *others: Any, **_: Any) -> None:
        if step == "patiently":
            patiently(table, *others)
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(columns if step == "patiently" else partitioning, step, stopped)
        with pytest.raises(InterruptedError):
            command.upgrade(config, "0044")
    assert stored("key-2")
    assert not stored("key-1")
    # As if an event had been deleted while its keys were copied.
    run("INSERT INTO event_keys VALUES ('org_1', 'live', 'source_id', 'left', 'evt_1')")
    command.upgrade(config, "0044")
    assert not stored("key-1")
    assert not stored("key-2")
    assert stored(None, "left")
    assert_each_key_is_kept_once()


def test_an_empty_table_is_partitioned_at_once(config: Config) -> None:
    command.upgrade(config, "0044")
    assert run("SELECT to_regclass('events_before')") == [(None,)]
    assert stored("key-1", "source-1")
    assert not stored("key-2", "source-1")
    assert stored("key-2")
    assert_each_key_is_kept_once()


def test_the_triggers_find_their_table_without_a_search_path(config: Config) -> None:
    """So pg_restore inserts events."""
    command.upgrade(config, "0044")
    with driver() as connection:
        connection.execute("SET search_path = ''")
        statement = EVENT.replace("INTO events", "INTO public.events")
        connection.execute(statement, [new_id("evt"), "key-1", "source-1"])
        assert len(run(KEYS)) == 2
        connection.execute("DELETE FROM public.events")
    assert run(KEYS) == []


def test_indexes_of_a_table_in_use_are_dropped_without_delaying_others(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a stopped migration continues."""
    assert stored("key-1")

    def stopped(*_: Any, **__: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(partitioning, "partition", stopped)
        with pytest.raises(InterruptedError):
            command.upgrade(config, "0044")
    said: list[str] = []

    def hear(*seen: Any) -> None:
        said.append(seen[2])

    listen(db.engine, "before_cursor_execute", hear)
    command.upgrade(config, "0044")
    remove(db.engine, "before_cursor_execute", hear)
    dropped = [one for one in said if "DROP INDEX" in one and "ix_events_" in one]
    assert len(dropped) == 2
    assert all("CONCURRENTLY" in one for one in dropped)
