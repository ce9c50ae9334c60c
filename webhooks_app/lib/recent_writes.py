"""Who has just changed something, known to all web processes through Redis.

Redis ends a note by itself, so the clocks of the machines do not matter. A process keeps its own
notes too, so that one web process needs no Redis for this.

While Redis is away, other processes miss notes. A process that sees that takes everybody's writes
as recent for as long as a missed note counts. What could not be noted is noted later.
"""

from collections import deque
from time import monotonic

from redis import Redis
from redis.exceptions import RedisError

from webhooks_app.lib.cache import Cache

SECONDS = 10
NOTED_EVERY = 1.0  # seconds; a busy producer costs one note a second
COUNTS = SECONDS + NOTED_EVERY
MOST = 10_000
PAUSE = 1.0  # seconds without Redis after it did not answer
AWAY = (RedisError, OSError)


class RecentWrites:
    """The notes of one process. Threads may share it. `who` is the id of a user or API key."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._silent_until = self._doubted_until = 0.0
        self._mine: Cache[str, bool] = Cache(MOST, COUNTS)
        self._noted: Cache[str, bool] = Cache(MOST, NOTED_EVERY)
        self._unsent: deque[str] = deque(maxlen=MOST)

    def is_noted(self, who: str) -> bool:
        """Whether `note` has nothing to do."""
        return self._noted.get(who) is not None

    def note(self, who: str) -> None:
        """Remember for `SECONDS` that `who` has changed something."""
        if self.is_noted(who):
            return
        self._mine.put(who, True)
        if not self._sent(who):
            self._unsent.append(who)

    def is_recent(self, who: str) -> bool:
        """Whether `who` may have changed something lately. Also true while Redis is away."""
        self._send_late()
        if self._mine.get(who) or monotonic() < self._doubted_until:
            return True
        try:
            return bool(self._connection.exists(_name(who)))
        except AWAY:
            self._doubt()
            return True

    def _sent(self, who: str) -> bool:
        if monotonic() < self._silent_until:
            return False
        try:
            self._connection.set(_name(who), 1, px=int(COUNTS * 1000))
        except AWAY:
            self._doubt()
            return False
        self._noted.put(who, True)
        return True

    def _send_late(self) -> None:
        while self._unsent and monotonic() >= self._silent_until:
            try:
                who = self._unsent.popleft()
            except IndexError:  # another thread was faster
                return
            if self._mine.get(who) and not self._sent(who):
                self._unsent.append(who)
                return

    def _doubt(self) -> None:
        self._silent_until = monotonic() + PAUSE
        self._doubted_until = monotonic() + COUNTS


def _name(who: str) -> str:
    return f"hookline:wrote:{who}"
