"""Heartbeats of engines, so that the deliveries of a dead engine are sent soon.

A claim holds a delivery for `LEASE_SECONDS`, longer than any try takes. That is a long wait after a
worker was killed. So each claim also carries the number of its engine, and each engine with
something in flight renews its own row. A thread does so: a busy event loop or a slow query
elsewhere cannot delay it. An engine that sees an expired row lets others send what that engine
held. A stopped process counts as dead. When it comes back, its late results are added to the log
and change nothing else.
"""

import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from math import inf
from typing import Any

import structlog
from sqlalchemy import Connection, CursorResult, Engine, text

from webhooks_app.database import choose, reading
from webhooks_app.database.bulk import commit_without_waiting, force_index_scans
from webhooks_app.engine.walk import WALK
from webhooks_app.lib.errors import log_failure

ALIVE_FOR = 7.0
RENEW_EVERY = 1.5

log = structlog.get_logger(__name__)

EVERYWHERE = {"walk": WALK.format(after="''")}
ON_POSTGRES = {
    **EVERYWHERE,
    "now": "now()",
    "later": "clock_timestamp() + :seconds * interval '1 second'",
    "lease_end": "CAST(:alive_until AS timestamptz) + :lease * interval '1 second'",
    "unlocked": "FOR UPDATE SKIP LOCKED",
}
ON_SQLITE = {
    **EVERYWHERE,
    "now": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    "later": "strftime('%Y-%m-%d %H:%M:%f000', 'now', :seconds || ' seconds')",
    "lease_end": "strftime('%Y-%m-%d %H:%M:%f000', :alive_until, :lease || ' seconds')",
    "unlocked": "",
}

# A commit can wait for long, and whoever renews the same row waits with it. So this reads the clock
# when it has the row, not when its transaction began.
RENEW = """
    INSERT INTO engines (id, alive_until) VALUES (:id, {later})
    ON CONFLICT (id) DO UPDATE SET alive_until = {later}"""
LEAVE = "DELETE FROM engines WHERE id = :id"
ANY_DEAD = "SELECT 1 FROM engines WHERE alive_until < {now} LIMIT 1"
# A locked row is being renewed.
BURY = """
    DELETE FROM engines WHERE id IN (
        SELECT id FROM engines WHERE alive_until < {now} {unlocked}
    ) RETURNING id, alive_until"""

# A delivery being sent is due when its lease runs out, so it is in a range of the index. An engine
# leases nothing after its death. A lease that ends later is that of an older worker, which leaves
# `claimed_by` as it was.
POSTGRES_FREE = """
    {walk}, held AS MATERIALIZED (
        SELECT d.id FROM walk CROSS JOIN LATERAL (
            SELECT id FROM deliveries
            WHERE subscription_id = walk.subscription_id AND due_at IS NOT NULL
                AND due_at > {now} AND due_at <= {lease_end}
                AND status = 'sending' AND claimed_by = :id
            FOR UPDATE SKIP LOCKED
        ) AS d
    )
    UPDATE deliveries AS d SET due_at = {now}, claimed_by = NULL FROM held WHERE d.id = held.id"""
SQLITE_HELD = """
    {walk} SELECT d.id FROM walk JOIN deliveries AS d ON d.subscription_id = walk.subscription_id
    WHERE d.due_at IS NOT NULL AND d.due_at > {now} AND d.due_at <= {lease_end}
        AND d.status = 'sending' AND d.claimed_by = :id"""
SQLITE_FREE = "UPDATE deliveries SET due_at = {now}, claimed_by = NULL WHERE id = :id"


class Heartbeat:
    """The heartbeat of one engine.

    `busy` says whether it has anything in flight. `freed` is called, in another thread, when
    deliveries of a dead engine can be sent.
    """

    def __init__(
        self,
        database: Engine,
        lease: timedelta,
        *,
        busy: Callable[[], bool],
        freed: Callable[[], None],
    ) -> None:
        self.engine_id = secrets.randbits(63)
        self._database = database
        self._lease = lease
        self._busy = busy
        self._freed = freed
        self._renewed_at = -inf
        self._known = False
        self._in_touch_since = time.monotonic()
        self._looked_at = time.time()
        self._is_clean = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, is_clean: bool) -> None:
        """Stop renewing. After a clean end nothing is in flight: delete the row. Blocking.

        Otherwise the row expires, and another engine sends what this one held.
        """
        self._is_clean = is_clean
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def renew(self, connection: Connection) -> None:
        """Renew in the transaction of a claim that found something, unless it was just renewed."""
        if time.monotonic() - self._renewed_at > 2 * RENEW_EVERY:
            self._renew(connection)

    def _renew(self, connection: Connection) -> None:
        self._renewed_at, self._known = time.monotonic(), True
        _execute(connection, RENEW, id=self.engine_id, seconds=ALIVE_FOR)

    # In its own thread

    def _run(self) -> None:
        self._in_touch_since, self._looked_at = time.monotonic(), time.time()
        self._try(self._look)
        while not self._stop.wait(RENEW_EVERY):
            self._try(self._look)
        if self._is_clean:
            self._try(self._leave)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            self._in_touch_since = time.monotonic()
            log_failure(log, "heartbeat missed", error)

    def _look(self) -> None:
        self._notice_gap()
        if self._busy():
            with self._database.begin() as connection:
                commit_without_waiting(connection)
                self._renew(connection)
        elif time.monotonic() - self._renewed_at > 2 * RENEW_EVERY:
            self._leave()
        self._notice_gap()
        if self._may_judge() and free_held_by_dead(self._database, self._lease):
            self._freed()

    def _leave(self) -> None:
        if self._known:
            with self._database.begin() as connection:
                commit_without_waiting(connection)
                _execute(connection, LEAVE, id=self.engine_id)
            self._known = False

    def _may_judge(self) -> bool:
        """Whether this engine was in touch for long enough to call others dead.

        While the database was away, or SQLite had a long writer, no engine could renew its row. The
        same is true for a machine that slept. A new engine cannot know whether that was so.
        """
        return time.monotonic() - self._in_touch_since >= ALIVE_FOR

    def _notice_gap(self) -> None:
        if time.time() - self._looked_at > ALIVE_FOR / 2:
            self._in_touch_since = time.monotonic()
        self._looked_at = time.time()


def _execute(connection: Connection, statement: str, **values: Any) -> CursorResult[Any]:
    spelt = choose(connection, postgresql=ON_POSTGRES, sqlite=ON_SQLITE)
    return connection.execute(text(statement.format(**spelt)), values)


def any_dead(connection: Connection) -> bool:
    """Whether an engine died while it had something in flight."""
    return _execute(connection, ANY_DEAD).first() is not None


def free_held_by_dead(database: Engine, lease: timedelta) -> int:
    """Release the deliveries of dead engines at once; returns how many.

    Each would also be released when its own lease runs out, after at most `lease`.
    """
    with reading(database) as connection:
        if not any_dead(connection):
            return 0
    asked_at = time.monotonic()
    with database.begin() as connection:
        if time.monotonic() - asked_at > RENEW_EVERY:
            return 0  # SQLite had another writer: perhaps they waited for it too
        dead = _execute(connection, BURY).mappings().all()
        free = choose(connection, postgresql=_free_postgres, sqlite=_free_sqlite)
        freed = sum(free(connection, {**one, "lease": lease.total_seconds()}) for one in dead)
    if dead:
        log.warning("engines died", engines=len(dead), deliveries=freed)
    return freed


def _free_postgres(connection: Connection, dead: dict[str, Any]) -> int:
    force_index_scans(connection)
    return _execute(connection, POSTGRES_FREE, **dead).rowcount


def _free_sqlite(connection: Connection, dead: dict[str, Any]) -> int:
    held = _execute(connection, SQLITE_HELD, **dead).all()
    for (id_,) in held:
        _execute(connection, SQLITE_FREE, id=id_)
    return len(held)
