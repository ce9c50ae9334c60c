"""Rate limits by fixed windows, counted in each process by itself."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from time import time

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

_parsed = lru_cache(maxsize=16)(parse_many)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit, as `10 per 1 minute`. `reset` is a moment in Unix seconds."""

    limit: str
    amount: int
    remaining: int
    reset: float
    exceeded: bool

    @property
    def seconds_left(self) -> int:
        """Whole seconds until the window is over, one at least."""
        return max(1, round(self.reset - time()))


class Rates:
    """Counts in memory; threads may share it.

    The lock is ours: two threads that enter `MemoryStorage` at once may start its timer twice,
    which raises RuntimeError.
    """

    def __init__(self) -> None:
        self._windows = FixedWindowRateLimiter(MemoryStorage())
        self._lock = Lock()

    def count(self, limits: str, *key: str) -> Allowance:
        """Count one against `limits`, as `10 per minute; 100 per hour`, for whoever `key` names.

        The allowance of the first that is exceeded, else of the last. Raises ValueError when
        `limits` is not such a text.
        """
        with self._lock:
            for item in _parsed(limits):
                allowed = self._windows.hit(item, *key)
                allowance = self._allowance(item, key, exceeded=not allowed)
                if allowance.exceeded:
                    break
        return allowance

    def spend(self, limits: str, cost: int, *key: str) -> Allowance:
        """Like `count`, for `cost` at once: of one limit, and all of them or none."""
        [item] = _parsed(limits)
        with self._lock:
            allowed = self._windows.test(item, *key, cost=cost)
            allowed = allowed and self._windows.hit(item, *key, cost=cost)
            return self._allowance(item, key, exceeded=not allowed)

    def forget(self, limits: str, *key: str) -> None:
        """Count from nothing again."""
        with self._lock:
            for item in _parsed(limits):
                self._windows.clear(item, *key)

    def _allowance(self, item: RateLimitItem, key: tuple[str, ...], exceeded: bool) -> Allowance:
        window = self._windows.get_window_stats(item, *key)
        return Allowance(str(item), item.amount, window.remaining, window.reset_time, exceeded)
