"""Read from a replica of PostgreSQL while it is close behind the primary."""

from collections import deque
from threading import Event, Lock, Thread
from time import monotonic
from typing import NamedTuple
from weakref import WeakSet

import structlog
from sqlalchemy import Engine, ExceptionContext, event, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from webhooks_app.database import reading
from webhooks_app.database.hanging import Kept, cut
from webhooks_app.lib.errors import log_failure, reason_of

MOST_LAG = 8.0
LOOK_EVERY = 0.5
FRESH = 2.0  # for so long a look counts
REMEMBERED = 120.0
NOT_LOOKED = "it was not looked at yet"
WHICH = "(SELECT oid::bigint FROM pg_database WHERE datname = current_database())"
SYSTEM = "(SELECT system_identifier FROM pg_control_system())"
WRITTEN = f"SELECT (pg_current_wal_lsn() - '0/0')::bigint, {SYSTEM}, {WHICH}"
REPLAYED = f"""
    SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint, {SYSTEM}, {WHICH}, pg_is_in_recovery()"""

log = structlog.get_logger(__name__)


class Look(NamedTuple):
    """`lag` is in seconds, None if it is not known; then `fault` says why."""

    at: float
    lag: float | None
    fault: str = ""


class Replica:
    """How far the database of `engine` is behind that of `primary`.

    A thread looks at both. It compares positions in PostgreSQL's log of changes and measures how
    long ago the primary was where the replica is, so no clock of any machine matters, an idle
    primary looks like no lag, and a replica that was cut off does not look up to date.

    A replica that hangs answers nothing for as long as it likes, which no timeout of PostgreSQL
    ends. So a second thread closes our connections once the last look is too old.
    """

    def __init__(self, primary: Engine, engine: Engine) -> None:
        self.engine = engine
        self._primary = primary
        self._positions: deque[tuple[float, int]] = deque()
        self._last = Look(monotonic(), None, NOT_LOOKED)
        self._left_at = 0.0
        self._lock = Lock()
        self._is_watched = False
        self._looked, self._ended = Event(), Event()
        self._connections = Kept(engine)
        self._failures: WeakSet[BaseException] = WeakSet()
        event.listen(engine, "handle_error", self._keep_failure)

    @property
    def is_close(self) -> bool:
        """Whether pages may read from it now. Never waits."""
        self._watch_once()
        return _is_fresh(self._last) and not self._fault(self._last)

    def state(self) -> Look:
        """The last look; its `fault` is empty if pages may read from it."""
        self._watch_once()
        self._looked.wait(FRESH)
        last = self._last
        if not _is_fresh(last):
            return Look(last.at, None, "it does not answer")
        return last._replace(fault=self._fault(last))

    def has_raised(self, error: DBAPIError) -> bool:
        """Whether it comes from the replica, and not from the primary."""
        return error.orig in self._failures

    def leave(self, reason: str) -> None:
        """Do not use it until a look that begins after this finds it well."""
        log.warning("left the replica", reason=reason)
        self._left_at = monotonic()
        self._last = Look(self._left_at, None, reason)

    def end(self) -> None:
        """End the threads and close the connections."""
        self._ended.set()
        self._cut()
        self.engine.dispose()

    def _keep_failure(self, context: ExceptionContext) -> None:
        self._failures.add(context.original_exception)

    @staticmethod
    def _fault(look: Look) -> str:
        if look.lag is not None and look.lag > MOST_LAG:
            return f"it is {look.lag:.0f} s behind"
        return look.fault

    def _watch_once(self) -> None:
        """At the first use, since a server may fork after it made the app."""
        if self._is_watched:
            return
        with self._lock:
            if not self._is_watched:
                self._is_watched = True
                self._last = Look(monotonic(), None, NOT_LOOKED)
                for job in (self._keep_looking, self._cut_what_hangs):
                    Thread(target=job, name="replica", daemon=True).start()

    def _keep_looking(self) -> None:
        while not self._ended.is_set():
            began, was_close = monotonic(), self.is_close
            look = self._look(began)
            if began >= self._left_at:
                self._last = look
            self._looked.set()
            if was_close != self.is_close:
                log.info("replica looked at", used=not was_close, fault=self._fault(look))
            self._ended.wait(LOOK_EVERY)

    def _look(self, now: float) -> Look:
        try:
            return self._measure(now)
        except Exception as error:
            if not isinstance(error, SQLAlchemyError):
                log_failure(log, "replica not looked at", error)
            return Look(monotonic(), None, reason_of(error))

    def _measure(self, now: float) -> Look:
        """The primary first: what is found on the replica later is at least as new."""
        with reading(self._primary) as connection:
            written, *database = connection.execute(text(WRITTEN)).one()
        self._positions.append((now, written))
        while self._positions[0][0] < now - REMEMBERED:
            self._positions.popleft()
        with reading(self.engine) as connection:
            replayed, *copied, is_standby = connection.execute(text(REPLAYED)).one()
        if copied != database:
            return Look(monotonic(), None, "it is a copy of another database")
        if not is_standby:
            return Look(monotonic(), None, "it is no replica, but a primary")
        reached = [at for at, position in self._positions if position <= replayed]
        since = reached[-1] if reached else self._positions[0][0]
        fault = "" if reached else f"it is at least {now - since:.0f} s behind"
        return Look(monotonic(), now - since if reached else None, fault)

    def _cut_what_hangs(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            if not _is_fresh(self._last):
                try:
                    self._cut()
                except Exception as error:
                    log_failure(log, "connections to the replica not closed", error)

    def _cut(self) -> None:
        cut(self._connections.all())


def _is_fresh(look: Look) -> bool:
    return monotonic() - look.at < FRESH
