"""Rate limits by fixed windows, counted separately in each process."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from time import time

from limits import RateLimitItem, parse_many

MOST_WINDOWS = 10_000

_parsed = lru_cache(maxsize=64)(lambda limits: [(one, str(one)) for one in parse_many(limits)])


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit, such as `10 per 1 minute`. `reset` is in Unix seconds."""

    limit: str
    amount: int
    remaining: int
    reset: float
    exceeded: bool

    @property
    def seconds_left(self) -> int:
        """Whole seconds until the window ends, at least one."""
        return max(1, round(self.reset - time()))


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


class Rates:
    """Counts in memory. Threads may share it.

    `limits` only parses the limits: its own memory storage starts a hundred threads a second.
    """

    def __init__(self) -> None:
        self._windows: dict[tuple[str, ...], _Window] = {}
        self._swept_at = MOST_WINDOWS
        self._lock = Lock()

    def count(self, limits: str, *key: str) -> Allowance:
        """Count one for `key` against `limits`, such as `10 per minute; 100 per hour`.

        Returns the allowance of the first exceeded limit, otherwise of the last. Raises ValueError
        for an invalid `limits`.
        """
        now = time()
        with self._lock:
            for item, name in _parsed(limits):
                window = self._window(item, name, key, now)
                window.used += 1
                if window.used > item.amount:
                    return _allowance(item, name, window, exceeded=True)
            return _allowance(item, name, window, exceeded=False)

    def spend(self, limits: str, cost: int, *key: str) -> Allowance:
        """Like `count`, for `cost` at once against one limit: all or none are counted."""
        [(item, name)] = _parsed(limits)
        with self._lock:
            window = self._window(item, name, key, time())
            exceeded = window.used + cost > item.amount
            if not exceeded:
                window.used += cost
            return _allowance(item, name, window, exceeded)

    def forget(self, limits: str, *key: str) -> None:
        """Reset all counts."""
        with self._lock:
            for _, name in _parsed(limits):
                self._windows.pop((name, *key), None)

    def _window(self, item: RateLimitItem, name: str, key: tuple[str, ...], now: float) -> _Window:
        """The open window, which began with its first count."""
        window = self._windows.get((name, *key))
        if window is None or window.ends_at <= now:
            if len(self._windows) >= self._swept_at:
                self._sweep(now)
            window = self._windows[name, *key] = _Window(now + item.get_expiry())
        return window

    def _sweep(self, now: float) -> None:
        self._windows = {k: one for k, one in self._windows.items() if one.ends_at > now}
        self._swept_at = max(MOST_WINDOWS, 2 * len(self._windows))


def _allowance(item: RateLimitItem, name: str, window: _Window, exceeded: bool) -> Allowance:
    remaining = max(0, item.amount - window.used)
    return Allowance(name, item.amount, remaining, window.ends_at, exceeded)
