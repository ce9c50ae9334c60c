"""Drop expired partitions of the log, beside ones with little in them.

The locks end before the files are deleted, so only the job itself waits for the file system. Each
event has an id of its producer. Before their partition is dropped, those are deleted in slices,
which are timed apart.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any, NamedTuple

from sqlalchemy import text

from bench.support import product, settle
from webhooks_app.database.coming_partitions import make_ahead
from webhooks_app.deliveries.expired_partitions import expired_partitions
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.operations.slices import work

LITTLE = 10_000
IDS = "keys of partitions"  # the part that deletes them
DAYS = 90
AFTER = timedelta(days=60)  # then all partitions of a round have expired
TIMES = 3
SIZE = "SELECT pg_database_size(current_database())"
ONE = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops, occurred_at,
        created_at)
    VALUES (:id, 'org_2', 'live', 'lead.captured', '{}', 'api', 0, 0, now(), now())"""
FILL = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops, occurred_at,
        created_at, source_id)
    SELECT :event || lpad(n::text, 10, '0'), 'org_1', 'live', 'lead.captured',
        repeat('{"email":"ada@example.com"}', 12), 'api', 1, 0, now(), now(),
        md5(:event || n)
    FROM generate_series(1, :count) AS n;
    INSERT INTO deliveries (id, organisation_id, mode, subscription_id, event_id, trigger,
        wire_format, status, tries, failures, created_at)
    SELECT :delivery || lpad(n::text, 10, '0'), 'org_1', 'live', 'whk_1',
        :event || lpad(n::text, 10, '0'), 'event', 'standard', 'delivered', 1, 0, now()
    FROM generate_series(1, :count) AS n;
    INSERT INTO attempts (delivery_id, number, outcome, url, request_headers, response_headers,
        response_body, response_truncated, started_at, duration_ms)
    SELECT :delivery || lpad(n::text, 10, '0'), 1, 'succeeded', 'https://a.example', '{}', '[]',
        'ok', false, now(), 1
    FROM generate_series(1, :count) AS n"""


def run(count: int) -> dict[str, Any]:
    """Each round is later than the one before, since partitions are made in order."""
    with product() as here:
        now = utcnow()
        rounds = [(now + n * AFTER, LITTLE if n < TIMES else count) for n in range(TIMES + 1)]
        *little, much = [_dropped(here.folder, moment, size) for moment, size in rounds]
        took = median(one.took for one in little)
        return {
            "rows": count,
            "megabytes": round(much.megabytes),
            "little_ms": round(1000 * took, 1),
            "much_ms": round(1000 * much.took, 1),
            "longest_write_beside_little_ms": round(1000 * max(one.waited for one in little), 1),
            "longest_write_beside_much_ms": round(1000 * much.waited, 1),
            "ratio": round(much.took / took, 2),
            "ids": much.ids,
            "ids_seconds": round(much.ids_took, 1),
            "ids_per_second": round(much.ids / much.ids_took),
            "longest_step_of_ids_ms": round(1000 * much.longest_step, 1),
        }


class Dropped(NamedTuple):
    """How many seconds it took, without the ids of producers and of those; and how many a short
    write beside it took at most.
    """

    took: float
    waited: float
    megabytes: float
    ids: int
    ids_took: float
    longest_step: float


def _dropped(folder: Path, moment: datetime, count: int) -> Dropped:
    """Drop so many events, deliveries and attempts."""
    make_ahead(db.engine, moment, DAYS)
    prefixes = {
        name: floor_id(prefix, moment.timestamp())[:-10]
        for name, prefix in (("event", "evt"), ("delivery", "msg"))
    }
    with db.engine.begin() as connection:
        for statement in FILL.split(";"):
            connection.execute(text(statement), {"count": count, **prefixes})
    settle()
    _let_go(folder)
    before = _megabytes()
    with _writer() as waits:
        rows: Counter[str] = Counter()
        took: Counter[str] = Counter()
        longest = 0.0
        for part in expired_partitions(db.engine, moment + AFTER):
            began = perf_counter()
            done = work([part], None, lambda: False)
            took[part.kind] += perf_counter() - began
            rows += done.rows
            longest = max(longest, done.longest if part.kind == IDS else 0)
    assert rows["partitions"] >= 3
    given_back = before - _megabytes()
    return Dropped(took["partitions"], max(waits), given_back, rows[IDS], took[IDS], longest)


@contextmanager
def _writer() -> Iterator[list[float]]:
    """Somebody who stores an event all the time; how long each took."""
    waits, ended, engine = [0.0], Event(), db.engine

    def write() -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not ended.is_set():
                began = perf_counter()
                connection.execute(text(ONE), {"id": new_id("evt")})
                waits.append(perf_counter() - began)
                sleep(0.005)

    thread = Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


def _megabytes() -> float:
    with db.engine.connect() as connection:
        return float(connection.scalar(text(SIZE)) or 0) / 1e6


def _let_go(folder: Path) -> None:
    """Let the disk hold all of it and the memory nothing, as after weeks."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
    for file in folder.glob("postgres/data/base/*/*"):
        with suppress(FileNotFoundError), file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
