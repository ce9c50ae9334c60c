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
from math import inf

import structlog
from sqlalchemy import Connection, Engine

from webhooks_app.database.bulk import commit_without_waiting
from webhooks_app.engine.dead_engines import ALIVE_FOR, RENEW_EVERY, Watch
from webhooks_app.engine.engine_rows import execute
from webhooks_app.lib.errors import log_failure

log = structlog.get_logger(__name__)

# A commit can wait for long, and whoever renews the same row waits with it. So this reads the clock
# when it has the row, not when its transaction began.
RENEW = """
    INSERT INTO engines (id, alive_until) VALUES (:id, {later})
    ON CONFLICT (id) DO UPDATE SET alive_until = {later}"""
LEAVE = "DELETE FROM engines WHERE id = :id"


class Heartbeat:
    """The heartbeat of one engine.

    `busy` says whether it has anything in flight. `freed` is called, in another thread, when
    deliveries of a dead engine can be sent.
    """

    def __init__(
        self,
        database: Engine,
        *,
        busy: Callable[[], bool],
        freed: Callable[[], None],
    ) -> None:
        self.engine_id = secrets.randbits(63)
        self._database = database
        self._busy = busy
        self._freed = freed
        self._renewed_at = -inf
        self._known = False
        self._watch = Watch(database)
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
        execute(connection, RENEW, id=self.engine_id, seconds=ALIVE_FOR)

    # In its own thread

    def _run(self) -> None:
        self._watch.lose_touch()
        self._try(self._look)
        while not self._stop.wait(RENEW_EVERY):
            self._try(self._look)
        if self._is_clean:
            self._try(self._leave)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            self._watch.lose_touch()
            log_failure(log, "heartbeat missed", error)

    def _look(self) -> None:
        self._watch.notice_gap()
        if self._busy():
            with self._database.begin() as connection:
                commit_without_waiting(connection)
                self._renew(connection)
        elif time.monotonic() - self._renewed_at > 2 * RENEW_EVERY:
            self._leave()
        if self._watch.free():
            self._freed()

    def _leave(self) -> None:
        if self._known:
            with self._database.begin() as connection:
                commit_without_waiting(connection)
                execute(connection, LEAVE, id=self.engine_id)
            self._known = False
