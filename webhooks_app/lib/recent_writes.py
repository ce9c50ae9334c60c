"""Who has just changed something, known to all web processes through Redis.

Redis ends a note by itself, so the clocks of the machines do not matter. A process keeps its own
notes too, so that one web process needs no Redis for this.
"""

from contextlib import suppress
from time import monotonic

from redis import Redis
from redis.exceptions import RedisError

from webhooks_app.lib.cache import Cache

SECONDS = 10
NOTED_EVERY = 1.0  # seconds; a busy producer costs one note a second
MOST = 10_000
PAUSE = 1.0  # seconds without Redis after it did not answer
AWAY = (RedisError, OSError)


class RecentWrites:
    """The notes of one process. Threads may share it. `who` is the id of a user or API key."""

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._silent_until = 0.0
        self._mine: Cache[str, bool] = Cache(MOST, SECONDS + NOTED_EVERY)
        self._noted: Cache[str, bool] = Cache(MOST, NOTED_EVERY)

    def is_noted(self, who: str) -> bool:
        """Whether `note` has nothing to do."""
        return self._noted.get(who) is not None

    def note(self, who: str) -> None:
        """Remember for `SECONDS` that `who` has changed something."""
        if self.is_noted(who):
            return
        self._mine.put(who, True)
        if monotonic() >= self._silent_until:
            with suppress(*AWAY):
                self._connection.set(_name(who), 1, px=int((SECONDS + NOTED_EVERY) * 1000))
                self._noted.put(who, True)

    def is_recent(self, who: str) -> bool:
        """Whether `who` may have changed something lately. Also true while Redis is away."""
        if self._mine.get(who) or monotonic() < self._silent_until:
            return True
        try:
            return bool(self._connection.exists(_name(who)))
        except AWAY:
            self._silent_until = monotonic() + PAUSE
            return True


def _name(who: str) -> str:
    return f"hookline:wrote:{who}"
