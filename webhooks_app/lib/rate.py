"""Rate limits by fixed windows, held over all processes.

A process counts in memory. What it admits it claims from Redis in blocks, a fiftieth of a limit at
a time, and it admits up to a block before it has claimed it. So all processes together admit at
most the limit and one block for each, and Redis is asked once for many requests. Of a limit below
fifty each single one is claimed before it is admitted, so it holds exactly. While Redis is away,
each process holds the limit alone.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from time import monotonic, time
from typing import NamedTuple

from limits import RateLimitItem, parse_many
from redis import Redis
from redis.exceptions import RedisError

MOST_WINDOWS = 10_000
BLOCKS = 50  # of one limit
PAUSE = 1.0  # seconds without Redis after it did not answer
AWAY = (RedisError, OSError)

# KEYS: the count. ARGV: wanted, needed, the limit, milliseconds of a window.
# Answers what it grants: all that is wanted, what is left, or nothing if that is too little.
CLAIM = """
local used = tonumber(redis.call('GET', KEYS[1]) or 0)
local granted = math.max(0, math.min(tonumber(ARGV[1]), tonumber(ARGV[3]) - used))
if granted < tonumber(ARGV[2]) then granted = 0 end
if granted > 0 then used = redis.call('INCRBY', KEYS[1], granted) end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[4])
  redis.call('PEXPIRE', KEYS[1], left)
end
return {granted, used, left}
"""

_parsed = lru_cache(maxsize=64)(lambda limits: [(one, str(one)) for one in parse_many(limits)])


class Allowance(NamedTuple):
    """What is left of one limit, such as `10 per 1 minute`.

    `name` is what it limits, `policy` the limit as a header shows it, `reset` is in Unix seconds.
    """

    name: str
    policy: str
    limit: str
    amount: int
    remaining: int
    reset: float
    exceeded: bool

    @property
    def seconds_left(self) -> int:
        """Whole seconds until the window ends, at least one."""
        return max(1, round(self.reset - time()))


@dataclass(slots=True, eq=False)
class _Window:
    """`used` is what this process admitted.

    Redis granted it `granted`, and other processes `others`.
    """

    item: RateLimitItem
    limit: str
    key: tuple[str, ...]
    ends_at: float
    amount: int = 0
    block: int = 0
    policy: str = ""
    used: int = 0
    granted: int = 0
    others: int = 0
    asked: bool = False

    def __post_init__(self) -> None:
        self.amount = self.item.amount
        self.block = self.amount // BLOCKS
        self.policy = f'"{self.key[0]}";q={self.amount};w={self.item.get_expiry()}'

    def admits(self, cost: int, alone: bool) -> bool | None:
        """None if only Redis knows."""
        if not self.block and not alone:
            return None
        total = self.used + cost
        if total <= self.granted:
            return True
        if total > self.amount - self.others:
            return False
        return True if alone or total <= self.granted + self.block else None

    @property
    def should_ask(self) -> bool:
        return self.used - self.granted > self.block // 2

    def learn(self, granted: int, used: int, left: int) -> None:
        """Take over the count of Redis. It is lower than ours if another process reset it."""
        if used < self.granted + granted:
            self.used = max(0, self.used - self.granted)
            self.granted = 0
        self.granted += granted
        self.others = max(0, used - self.granted)
        self.ends_at = time() + left / 1000

    def allowance(self, exceeded: bool) -> Allowance:
        remaining = max(0, self.amount - self.others - self.used)
        return Allowance(
            self.key[0], self.policy, self.limit, self.amount, remaining, self.ends_at, exceeded
        )


class Rates:
    """The counts of one process. Threads may share it.

    The first part of a key says what is limited. `limits` only parses the limits: its own memory
    storage starts a hundred threads a second.
    """

    def __init__(self, connection: Redis | None = None) -> None:
        """Without a connection, limits hold for this process alone."""
        self._connection = connection
        self._windows: dict[tuple[str, ...], _Window] = {}
        self._swept_at = MOST_WINDOWS
        self._lock = Lock()
        self._asking = Lock()
        self._silent_until = 0.0
        self._to_ask: deque[_Window] = deque()
        self._will_ask = False
        self._thread = ThreadPoolExecutor(1, "rates")

    def spend(self, limits: str, cost: int, *key: str) -> Allowance:
        """Count `cost` for `key` against `limits`, such as `10 per minute; 100 per hour`.

        All or nothing. Returns the allowance of the first exceeded limit, otherwise of the last.
        Raises ValueError for an invalid `limits`.
        """
        found = self.spend_at_once(limits, cost, *key)
        if found is not None:
            return found
        with self._asking:
            found = self.spend_at_once(limits, cost, *key)
            if found is None:
                with self._lock:
                    windows = self._windows_of(limits, key)
                self._ask(windows, cost)
                found = self._spend(limits, cost, key, alone=True)
        assert found is not None
        return found

    def spend_at_once(self, limits: str, cost: int, *key: str) -> Allowance | None:
        """Like `spend`, without waiting; None if Redis must be asked first."""
        return self._spend(limits, cost, key, alone=self._is_alone())

    def count(self, limits: str, *key: str) -> Allowance:
        """Count one."""
        return self.spend(limits, 1, *key)

    def forget(self, limits: str, *key: str) -> None:
        """Reset all counts."""
        names = [_name(limit, key) for _, limit in _parsed(limits)]
        with self._lock:
            for _, limit in _parsed(limits):
                self._windows.pop((limit, *key), None)
        if self._connection is not None and not self._is_alone():
            with suppress(*AWAY):
                self._connection.delete(*names)

    def _is_alone(self) -> bool:
        return self._connection is None or monotonic() < self._silent_until

    def _spend(self, limits: str, cost: int, key: tuple[str, ...], alone: bool) -> Allowance | None:
        with self._lock:
            windows = self._windows_of(limits, key)
            for window in windows:
                admitted = window.admits(cost, alone)
                if not admitted:
                    return None if admitted is None else window.allowance(exceeded=True)
            for window in windows:
                window.used += cost
                if not alone and window.should_ask and not window.asked:
                    self._ask_soon(window)
            return windows[-1].allowance(exceeded=False)

    def _ask_soon(self, window: _Window) -> None:
        window.asked = True
        self._to_ask.append(window)
        if not self._will_ask:
            self._will_ask = True
            with suppress(RuntimeError):  # this process is ending
                self._thread.submit(self._ask_for_all)

    def _ask_for_all(self) -> None:
        self._will_ask = False  # later ones are asked for by the next
        with self._asking:
            windows = [self._to_ask.popleft() for _ in range(len(self._to_ask))]
            self._ask(windows)
            for window in windows:
                window.asked = False

    def _ask(self, windows: Sequence[_Window], cost: int = 0) -> None:
        """Claim what was admitted, `cost` more, and a block. The caller holds `_asking`."""
        connection, now = self._connection, time()
        short = [
            one
            for one in windows
            if one.ends_at > now and (one.should_ask or (cost and not one.admits(cost, False)))
        ]
        if connection is None or not short:
            return
        with connection.pipeline(transaction=False) as asked:
            for one in short:
                needed = one.used - one.granted + cost
                milliseconds = one.item.get_expiry() * 1000
                claim = (needed + one.block, needed if cost else 0, one.amount, milliseconds)
                asked.eval(CLAIM, 1, _name(one.limit, one.key), *claim)
            try:
                answers = asked.execute()
            except AWAY:
                self._silent_until = monotonic() + PAUSE
                return
        with self._lock:
            for one, answer in zip(short, answers, strict=True):
                one.learn(*answer)

    def _windows_of(self, limits: str, key: tuple[str, ...]) -> list[_Window]:
        now = time()
        return [self._window(item, limit, key, now) for item, limit in _parsed(limits)]

    def _window(self, item: RateLimitItem, limit: str, key: tuple[str, ...], now: float) -> _Window:
        """The open window, which began with its first count."""
        window = self._windows.get((limit, *key))
        if window is None or window.ends_at <= now:
            if len(self._windows) >= self._swept_at:
                self._sweep(now)
            window = _Window(item, limit, key, now + item.get_expiry())
            self._windows[limit, *key] = window
        return window

    def _sweep(self, now: float) -> None:
        self._windows = {k: one for k, one in self._windows.items() if one.ends_at > now}
        self._swept_at = max(MOST_WINDOWS, 2 * len(self._windows))


@lru_cache(maxsize=MOST_WINDOWS)
def _name(limit: str, key: tuple[str, ...]) -> str:
    """Without what is counted, which may be an e-mail address."""
    digest = blake2b("\n".join((limit, *key)).encode(), digest_size=16).hexdigest()
    return f"hookline:rate:{digest}"
