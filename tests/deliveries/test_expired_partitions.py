"""On PostgreSQL, expired partitions are dropped. What is still needed of them is kept."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine, create_engine, text

from tests.support.filling import id_at
from tests.support.own_database import app_on
from tests.support.raw_sql import driver, run
from webhooks_app.database import partitions
from webhooks_app.database.coming_partitions import make_ahead
from webhooks_app.database.partitions import LOGS, Log, Outcome
from webhooks_app.deliveries import expired_partitions, retention
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.launch.migrate import migrate
from webhooks_app.lib.ids import made_at, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import integrity_check
from webhooks_app.operations.slices import work

DAYS = 90
EVENT = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops,
        idempotency_key, source_id, occurred_at, created_at)
    VALUES (%s, 'org_1', 'live', 'lead.captured', '{}', 'api', 1, 0, %s, %s, now(), now())"""
# With a time when it is due, the version before the queue left it open.
DELIVERY = """
    INSERT INTO deliveries (id, organisation_id, mode, subscription_id, event_id, trigger,
        wire_format, status, due_at, tries, failures, created_at)
    VALUES (%s, 'org_1', 'live', 'whk_1', %s, %s, 'standard', %s, %s, 1, 0, now())"""
ATTEMPT = """
    INSERT INTO attempts (delivery_id, number, outcome, url, request_headers, response_headers,
        response_body, response_truncated, started_at, duration_ms)
    VALUES (%s, 1, 'succeeded', 'https://a.example', '{}', '[]', '', false, now(), 1)"""
QUEUED = "INSERT INTO queue (delivery_id, subscription_id, due_at) VALUES (%s, 'whk_1', now())"
KINDS = ("key", "source")
ENDED, OPEN = ("delivered", None), ("pending", "2026-01-01")


@pytest.fixture(scope="module")
def log_app(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app on a migrated database of its own, whose partitions are dropped."""
    with app_on(
        postgres_url, "hookline_expired_partitions", tmp_path_factory.mktemp("expired")
    ) as app:
        migrate(app)
        yield app


@pytest.fixture
def now(log_app: Flask) -> Iterator[datetime]:
    """The log is empty, and its first partition has just begun."""
    with log_app.app_context():
        for table in ("queue", "attempts", "deliveries", "events"):
            run(f"DELETE FROM {table}")
        for name in names():
            run(f"DROP TABLE {name}")
        make_ahead(db.engine, utcnow(), DAYS)
        with db.engine.connect() as connection:
            start = partitions.partitions(connection, partitions.EVENTS)[0].start
        yield made_at(start) + timedelta(hours=1)
        db.session.remove()


def names() -> list[str]:
    with db.engine.connect() as connection:
        return [one.name for log in LOGS for one in partitions.partitions(connection, log)]


def oldest(those: list[str]) -> set[str]:
    """The first partition of each table."""
    return set(those[:: len(those) // len(LOGS)])


def event(moment: datetime, key: str | None = None, source: str | None = None) -> str:
    run(EVENT, id_ := id_at("evt", moment), key, source)
    return id_


def delivery(
    event_id: str, moment: datetime, ending: tuple[str, str | None], trigger: str = "event"
) -> str:
    run(DELIVERY, id_ := id_at("msg", moment), event_id, trigger, *ending)
    run(ATTEMPT, id_)
    return id_


def run_retention(now: datetime) -> dict[str, int]:
    return dict(work(list(retention.expired(db.engine, now, DAYS)), None, lambda: False).rows)


def ids(table: str, key: str = "id") -> set[str]:
    return {id_ for (id_,) in run(f"SELECT {key} FROM {table}")}


def keys() -> set[tuple[str, str]]:
    return set(run("SELECT key, event_id FROM event_keys"))


def test_all_goes_but_what_is_open_or_was_sent_again(now: datetime) -> None:
    first, later = names(), now + timedelta(days=100)
    over, waiting, again = (event(now, f"key-{n}", f"source-{n}") for n in range(3))
    delivery(over, now, ENDED)
    is_open = delivery(waiting, now, ("pending", None))
    run(QUEUED, is_open)
    first_sent = delivery(again, now, ENDED)
    replay = delivery(again, now + timedelta(days=50), ENDED, "replay")
    older_waits = {delivery(waiting, now, OPEN) for _ in range(2)}
    run("UPDATE deliveries SET delayed = true WHERE id = %s", max(older_waits))
    younger = event(now + timedelta(days=9), "key-3")
    its_own = delivery(younger, now + timedelta(days=9), ENDED)

    assert run_retention(later)["partitions"] == 3
    assert set(first) - set(names()) == oldest(first)
    assert ids("events") == {waiting, again, younger}
    assert ids("deliveries") == {is_open, *older_waits, first_sent, replay, its_own}
    assert ids("attempts", "delivery_id") == ids("deliveries")
    kept = {(f"{kind}-{n}", one) for n, one in ((1, waiting), (2, again)) for kind in KINDS}
    assert keys() == kept | {("key-3", younger)}
    assert run_retention(later) == {}
    event(now, "key-0", "source-0")


def test_what_was_kept_is_deleted_once_nothing_needs_it(now: datetime) -> None:
    waiting, again = event(now, "key-1"), event(now)
    is_open = delivery(waiting, now, OPEN)
    delivery(again, now + timedelta(days=50), ENDED, "replay")
    run_retention(now + timedelta(days=100))
    assert ids("events") == {waiting, again}
    run("UPDATE deliveries SET status = 'delivered', due_at = NULL WHERE id = %s", is_open)
    for _ in range(2):  # the first run drops what is left of the partitions
        run_retention(now + timedelta(days=200))
    assert ids("events") == ids("deliveries") == ids("attempts", "delivery_id") == set()
    assert keys() == set()


def test_one_that_others_read_for_long_is_dropped_later_and_not_emptied(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LITTLE_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    first, later = names(), now + timedelta(days=100)
    one = event(now)
    with driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM attempts, events, deliveries")
        assert run_retention(later) == {}
        assert ids("events") == {one}
    assert names() == first
    assert run_retention(later) == {"partitions": 3}
    assert ids("events") == set()


def test_while_deliveries_are_in_use_their_attempts_and_events_stay(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not read row by row either."""
    monkeypatch.setattr(partitions, "LITTLE_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    monkeypatch.setattr(partitions, "MOST_MOVED", 1)
    first, later = names(), now + timedelta(days=100)
    for _ in range(3):
        delivery(event(now), now, ENDED)
    orphan = id_at("msg", now)
    run(ATTEMPT, orphan)
    with driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM deliveries")
        assert run_retention(later) == {}
    assert names() == first
    assert orphan in ids("attempts", "delivery_id")
    assert run_retention(later) == {"partitions": 3}


def test_the_rest_of_one_of_which_much_is_needed_is_deleted_row_by_row(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replays of one organisation do not keep what all others sent."""
    monkeypatch.setattr(partitions, "MOST_MOVED", 1)
    first, later = names(), now + timedelta(days=100)
    needed = {event(now, f"key-{n}") for n in range(2)}
    for one in needed:
        delivery(one, now, OPEN)
    over = [event(now, f"over-{n}") for n in range(300)]
    delivery(over[0], now, ENDED)
    needed.add(again := event(now, "key-3"))
    kept = {delivery(again, now, ENDED)}
    kept.add(delivery(again, now + timedelta(days=99), ENDED, "replay"))
    run(ATTEMPT, id_at("msg", now))  # its delivery is deleted already
    run_retention(later)
    assert names() == first
    assert ids("events") == {one for _, one in keys()} == needed
    assert len(ids("attempts", "delivery_id")) == 4
    assert kept < ids("deliveries")
    for one in kept:
        run("DELETE FROM attempts WHERE delivery_id = %s", one)
        run("DELETE FROM deliveries WHERE id = %s", one)
    run("DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")
    assert run_retention(later)["partitions"] >= 2
    assert not oldest(first) & set(names())
    assert len(ids("events")) == len(ids("attempts", "delivery_id")) == 1


def test_what_takes_long_to_move_stays(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others wait while it moves."""
    waiting, over = event(now), event(now)
    is_open = delivery(waiting, now, OPEN)
    first = names()
    monkeypatch.setattr(partitions, "BRIEFLY", "SET LOCAL statement_timeout = '1s'")

    def slowly(connection: Connection, _: Sequence[str]) -> None:
        connection.execute(text("SELECT pg_sleep(60)"))

    monkeypatch.setattr(expired_partitions, "_nothing", slowly)
    run_retention(now + timedelta(days=100))
    assert set(names()) & oldest(first) == {
        name for name in oldest(first) if not name.startswith("events")
    }
    assert ids("attempts", "delivery_id") == ids("deliveries") == {is_open}
    assert ids("events") == {waiting} != {over}


def test_a_role_that_may_not_drop_them_deletes_their_rows(now: datetime) -> None:
    one, first = event(now, "key-1"), names()
    delivery(one, now, ENDED)
    if not run("SELECT 1 FROM pg_roles WHERE rolname = 'mover'"):
        run("CREATE ROLE mover LOGIN")
    run("GRANT ALL ON ALL TABLES IN SCHEMA public TO mover")
    engine = create_engine(db.engine.url.set(username="mover"))
    parts = list(retention.expired(engine, now + timedelta(days=100), DAYS))
    work(parts, None, lambda: False)
    engine.dispose()
    run("DROP OWNED BY mover")
    run("DROP ROLE mover")
    assert names() == first
    assert ids("events") == ids("attempts", "delivery_id") == keys() == set()


def test_a_table_in_use_is_tried_once_in_a_pass(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others wait behind each try."""
    monkeypatch.setattr(partitions, "LITTLE_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    tried, drop, first = [], partitions.drop, names()

    def dropped(engine: Engine, log: Log, *others: Any) -> Outcome:
        tried.append(log)
        return drop(engine, log, *others)

    monkeypatch.setattr(partitions, "drop", dropped)
    with driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM attempts, events")
        run_retention(now + timedelta(days=110))
    of_deliveries = [log for log in tried if log is LOGS[0]]
    assert tried == [*of_deliveries, *LOGS[1:]]
    assert len(of_deliveries) > 1
    assert [name for name in first if not name.startswith("deliveries")] == names()
    tried.clear()
    run_retention(now + timedelta(days=110))
    assert len(tried) > len(LOGS)


def test_a_key_that_was_used_again_stays_with_its_new_event(now: datetime) -> None:
    old = event(now, "key-1", "source-1")
    delivery(old, now + timedelta(days=50), ENDED, "replay")
    run("DELETE FROM event_keys WHERE kind = 'idempotency_key'")
    new = event(now + timedelta(days=99), "key-1")
    assert run_retention(now + timedelta(days=100)) == {"partitions": 3}
    assert ids("events") == {old, new}
    assert keys() == {("key-1", new), ("source-1", old)}
    [(key, source)] = run("SELECT idempotency_key, source_id FROM events WHERE id = %s", old)
    assert (key, source) == (None, "source-1")


def test_a_shorter_retention_deletes_what_is_in_a_wide_partition(now: datetime) -> None:
    """It was made for a longer one, and would keep its rows for years."""
    for name in names():
        run(f"DROP TABLE {name}")
    make_ahead(db.engine, now, 4000)
    old, young = event(now), event(now + timedelta(days=80))
    run_retention(now + timedelta(days=91))
    assert ids("events") == {young} != {old}


def test_new_partitions_leave_the_keys_of_events_as_they_are(now: datetime) -> None:
    """Also of those that came while no partition was made."""
    later = now + timedelta(days=100)
    one = event(later, "key-1")
    assert make_ahead(db.engine, later, DAYS)
    assert keys() == {("key-1", one)}
    with pytest.raises(UniqueViolation):
        event(later + timedelta(days=20), "key-1")


def test_the_first_partition_of_all_goes_too(now: datetime) -> None:
    """The one that held the whole table when it was partitioned."""
    first = next(name for name in names() if name.startswith("attempts"))
    bound = "FOR VALUES FROM (MINVALUE) TO"
    [(end,)] = run("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s", first)
    run(f"ALTER TABLE attempts DETACH PARTITION {first}")
    run(f"ALTER TABLE attempts ATTACH PARTITION {first} {bound} {end.partition(' TO ')[2]}")
    run(ATTEMPT, id_at("msg", now - timedelta(days=900)))
    assert run_retention(now + timedelta(days=100))["partitions"] == 3
    assert first not in names()
    assert ids("attempts", "delivery_id") == set()


def test_the_check_finds_nothing_once_one_is_dropped(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = now + timedelta(days=100)
    for ending in (ENDED, OPEN):
        delivery(event(now, new_id("key")), now, ending)
    run_retention(later)
    monkeypatch.setattr(integrity_check, "clock_of", lambda _: later)
    assert integrity_check.audit(db.engine, DAYS).ok
    run("INSERT INTO event_keys VALUES ('o', 'live', 'source_id', 'k', %s)", id_at("evt", later))
    assert integrity_check.audit(db.engine, DAYS).broken["key without its event"] == 1


def test_the_job_drops_them(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = names(), now + timedelta(days=100)
    monkeypatch.setattr(upkeep, "clock_of", lambda _: later)
    upkeep.delete_expired()
    assert len(names()) == len(first) - 3
