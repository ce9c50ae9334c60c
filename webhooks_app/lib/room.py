"""Room for requests that take long, so that other threads stay free for all others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SHARES = 4


class Room:
    """Room for `size` requests at once, of which one organisation gets at most a quarter."""

    def __init__(self, size: int) -> None:
        self.size = max(1, size)
        self.share = max(1, self.size // SHARES)
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def place(self, organisation_id: str) -> Iterator[bool]:
        """Take a place. False at once if there is none."""
        had_one = self._take(organisation_id)
        try:
            yield had_one
        finally:
            if had_one:
                self._leave(organisation_id)

    def _take(self, organisation_id: str) -> bool:
        with self._lock:
            if self._taken.total() >= self.size or self._taken[organisation_id] >= self.share:
                return False
            self._taken[organisation_id] += 1
            return True

    def _leave(self, organisation_id: str) -> None:
        with self._lock:
            self._taken[organisation_id] -= 1
            if not self._taken[organisation_id]:
                del self._taken[organisation_id]
