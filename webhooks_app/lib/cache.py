"""A small cache in each process, so that a busy producer costs one query instead of thousands."""

from collections.abc import Hashable
from math import inf
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Keeps at most `most` values, each for `seconds`. Threads may share it.

    A full cache is emptied: what is in use is read again soon.
    """

    def __init__(self, most: int, seconds: float = inf) -> None:
        self._most = most
        self._seconds = seconds
        self._values: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value | None:
        if (found := self._values.get(key)) and monotonic() - found[0] < self._seconds:
            return found[1]
        return None

    def is_old(self, key: Key) -> bool:
        """Whether it is kept for less than half of its time from now on."""
        found = self._values.get(key)
        return found is not None and monotonic() - found[0] > self._seconds / 2

    def put(self, key: Key, value: Value, read_at: float | None = None) -> None:
        """`read_at`, of `time.monotonic`, is now if not given."""
        if len(self._values) >= self._most:
            self._values.clear()
        self._values[key] = (monotonic() if read_at is None else read_at, value)

    def forget(self, key: Key) -> None:
        self._values.pop(key, None)
