"""The log as the code of 0041 wrote it: a history in bulk, and a writer of new rows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Lock
from time import perf_counter, sleep
from typing import Self

from sqlalchemy import Engine, create_engine, text

from webhooks_app.database import choose
from webhooks_app.database.bulk import sqlite_value
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.times import utcnow

TABLES = ("events", "deliveries", "attempts")
DAYS, LOTS, OPEN = 90, 20, 1000
PAUSE = 0.005
LOCKED_FOR = 3600  # seconds that the writer waits for SQLite
EVENT = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops,
        idempotency_key, occurred_at, created_at)"""
DELIVERY = """
    INSERT INTO deliveries (id, organisation_id, mode, subscription_id, event_id, trigger,
        wire_format, status, due_at, status_code, finished_at, tries, failures, created_at)"""
ATTEMPT = """
    INSERT INTO attempts (delivery_id, number, outcome, status_code, url, request_headers,
        response_headers, response_body, response_truncated, started_at, duration_ms)"""
DATA = (
    '{"name":"Ada Example","email":"ada@example.com","message":"' + "Please call me. " * 15 + '"}'
)
HEADERS = '{"User-Agent":"Hookline-Webhooks/1.0","Content-Type":"application/json"}'
ANSWER = '[["content-type","application/json"],["server","nginx"],["content-length","2"]]'
STATUS = """
    CASE WHEN n <= :open THEN 'pending' WHEN n % 100 < 3 THEN 'failed'
        WHEN n % 200 = 50 THEN 'cancelled' ELSE 'delivered' END"""
# Half of the events have a key.
FILL = (
    EVENT
    + """
    SELECT :event || number, 'org_1', 'live', 'lead.captured', :data, 'api', 1, 0,
        CASE WHEN n % 2 = 0 THEN :event || number END, :at, :at FROM {numbers}""",
    DELIVERY
    + f"""
    SELECT :delivery || number, 'org_1', 'live', 'whk_1', :event || number, 'event', 'standard',
        status, CASE WHEN status = 'pending' THEN :at END,
        CASE WHEN status = 'pending' THEN NULL ELSE 200 END,
        CASE WHEN status = 'pending' THEN NULL ELSE :at END, 1, 0, :at
    FROM (SELECT number, {STATUS} AS status FROM {{numbers}}) AS these""",
    ATTEMPT
    + """
    SELECT :delivery || number, 1, 'succeeded', 200, 'https://a.example', :headers, :answer,
        :body, false, :at, 20 FROM {numbers}""",
)
NUMBERS = {
    "postgresql": """
        (SELECT n, lpad(n::text, 10, '0') AS number FROM generate_series(1, :count) AS n) AS lot""",
    "sqlite": """
        (WITH RECURSIVE series(n) AS (
            SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :count
        ) SELECT n, printf('%010d', n) AS number FROM series) AS lot""",
}
ACCEPT = (
    f"""{EVENT} VALUES (:event, 'org_1', 'live', 'lead.captured', :data, 'api', 1, 0, :key, :at,
        :at)""",
    f"""{DELIVERY} VALUES (:delivery, 'org_1', 'live', 'whk_1', :event, 'event', 'standard',
        'pending', :at, NULL, NULL, 0, 0, :at)""",
)
DELIVER = (
    """UPDATE deliveries SET status = 'delivered', due_at = NULL, status_code = 200, tries = 1,
        finished_at = :at WHERE id = :delivery AND status = 'pending'""",
    f"""{ATTEMPT} VALUES (:delivery, 1, 'succeeded', 200, 'https://a.example', :headers, :answer,
        :body, false, :at, 20)""",
)
SAME = {"data": DATA, "headers": HEADERS, "answer": ANSWER, "body": b"ok"}


def fill(engine: Engine, count: int) -> None:
    """So many events with a delivery and an attempt each, over the last days."""
    numbers = choose(engine, **NUMBERS)
    for lot in range(LOTS):
        at = utcnow() - timedelta(days=DAYS) * (1 - lot / LOTS)
        ids = {
            name: floor_id(prefix, at.timestamp())[:-10]
            for name, prefix in (("event", "evt"), ("delivery", "msg"))
        }
        values = {"count": count // LOTS, "open": min(count, OPEN) // LOTS, **ids, **SAME}
        moment = choose(engine, postgresql=at, sqlite=sqlite_value(at))
        with engine.begin() as connection:
            for statement in FILL:
                connection.execute(text(statement.format(numbers=numbers)), values | {"at": moment})


class Writer:
    """`with Writer(engine) as writer`: it stores an event and delivers it all the time.

    `stored` is how many are committed. `longest` is how many seconds a transaction took at most.
    """

    def __init__(self, engine: Engine) -> None:
        wait = choose(engine, postgresql={}, sqlite={"timeout": LOCKED_FOR})
        self._engine = create_engine(engine.url, connect_args=wait)
        self._pool, self._ended, self._turn = ThreadPoolExecutor(1), Event(), Lock()
        self.stored, self.longest = 0, 0.0

    def __enter__(self) -> Self:
        self._written = self._pool.submit(self._write)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._written.result()
        self._pool.shutdown()
        self._engine.dispose()

    @contextmanager
    def paused(self) -> Iterator[None]:
        with self._turn:
            yield

    def longest_since(self) -> float:
        """The longest transaction since this was asked last."""
        with self._turn:
            longest, self.longest = self.longest, 0.0
        return longest

    def _write(self) -> None:
        while not self._ended.is_set():
            with self._turn:
                self._store(utcnow())
            sleep(PAUSE)

    def _store(self, now: datetime) -> None:
        event = new_id("evt")
        at = choose(self._engine, postgresql=now, sqlite=sqlite_value(now))
        values = {"event": event, "delivery": new_id("msg"), "key": event, "at": at, **SAME}
        for statements in (ACCEPT, DELIVER):
            began = perf_counter()
            with self._engine.begin() as connection:
                for statement in statements:
                    connection.execute(text(statement), values)
            self.longest = max(self.longest, perf_counter() - began)
        self.stored += 1


def counted(engine: Engine) -> tuple[int, ...]:
    """The rows of events, deliveries and attempts."""
    with engine.connect() as connection:
        return tuple(
            connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES
        )
