"""A SQLite database of expired deliveries shrinks, and its writers never wait for long."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import text

from bench.history import History
from bench.support import product_on_sqlite
from webhooks_app.database.sqlite import BUSY_POLL
from webhooks_app.deliveries import retention
from webhooks_app.extensions import Model, db
from webhooks_app.jobs.slices import LONGEST
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Delivery
from webhooks_app.operations import space
from webhooks_app.operations.slices import work

MUST = 2.0  # seconds
LARGE = """
    UPDATE events SET data = '{"note":"' || hex(zeroblob(100000)) || '"}' WHERE id IN (
        SELECT id FROM events ORDER BY id DESC LIMIT :count)"""
REPLAYED = """
    INSERT INTO deliveries (id, trigger, {columns})
    WITH RECURSIVE times(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < 20)
    SELECT substr(id, 1, length(id) - 16) || lower(hex(randomblob(8))), 'replay', {columns}
    FROM deliveries, times WHERE trigger = 'event' AND event_id IN (
        SELECT id FROM events ORDER BY id DESC LIMIT :count OFFSET :count)"""
ANSWERED = """
    INSERT INTO attempts (delivery_id, response_body, {columns})
    SELECT replay, randomblob(16384), {columns}
    FROM (SELECT id AS replay FROM deliveries WHERE trigger = 'replay')
    JOIN (SELECT {columns} FROM attempts LIMIT 1)"""
WRITE = "UPDATE periodic_runs SET last_run_at = last_run_at"


def run(count: int) -> dict[str, Any]:
    """The longest step, and the longest time that a short write took beside it."""
    with product_on_sqlite() as here:
        began = perf_counter()
        History("Expired", 20, 20).fill(count)
        _mix(max(1, count // 1000))
        db.session.remove()
        file = here.folder / "hookline.db"
        _checkpoint(file)
        filled, before = perf_counter() - began, _megabytes(file)
        with _writer(file) as waits:
            began = perf_counter()
            changed, slices, longest = _delete()
            took = perf_counter() - began
        _checkpoint(file)
        return {
            "deliveries": count,
            "filled_s": round(filled, 1),
            "megabytes_before": before,
            "megabytes_after": _megabytes(file),
            "rows": changed.total(),
            "pages": changed["pages"],
            "rows_a_second": round((changed.total() - changed["pages"]) / took),
            "seconds": round(took, 1),
            "slices": slices,
            "longest_hold_s": round(longest, 3),
            "longest_write_beside_s": round(max(waits), 3),
            "ratio": round(MUST / longest, 2),
        }


def _mix(count: int) -> None:
    """The newest events are large, and those before were replayed often, with large answers.

    So steps that learned from small rows meet these.
    """
    with db.engine.begin() as connection:
        connection.execute(text(LARGE), {"count": count})
        replayed = REPLAYED.format(columns=_others(Delivery, "id", "trigger", "undelivered"))
        connection.execute(text(replayed), {"count": count})
        answered = ANSWERED.format(columns=_others(Attempt, "delivery_id", "response_body"))
        connection.execute(text(answered))


def _others(model: type[Model], *names: str) -> str:
    return ", ".join(f'"{one.name}"' for one in model.__table__.columns if one.name not in names)


def _delete() -> tuple[Counter[str], int, float]:
    now = utcnow() + timedelta(days=91)
    changed, slices, longest, position = Counter[str](), 0, 0.0, None
    while True:
        parts = [*retention.expired(db.engine, now, 90), *space.given_back(db.engine)]
        ends = perf_counter() + LONGEST
        done = work(parts, position, lambda ends=ends: perf_counter() > ends, BUSY_POLL)
        changed, slices, longest = changed + done.rows, slices + 1, max(longest, done.longest)
        position = done.next
        if position is None:
            return changed, slices, longest


@contextmanager
def _writer(file: Path) -> Iterator[list[float]]:
    """Somebody who writes a little all the time; how long each write took."""
    waits, ended = [0.0], Event()

    def write() -> None:
        connection = sqlite3.connect(file, timeout=60, isolation_level=None)
        while not ended.is_set():
            began = perf_counter()
            connection.execute(WRITE)
            waits.append(perf_counter() - began)
            sleep(0.02)
        connection.close()

    thread = Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


def _checkpoint(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def _megabytes(file: Path) -> float:
    beside = (one.stat().st_size for one in file.parent.glob(f"{file.name}*"))
    return round(sum(beside) / 1e6, 1)
