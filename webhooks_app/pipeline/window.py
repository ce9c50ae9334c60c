"""How many requests one endpoint may have in flight: additive increase, as TCP does (RFC 5681)."""


class Window:
    """Grows by one for each success up to `THRESHOLD`, then by one for each window of successes.

    A failure shrinks it to one: an endpoint that is down costs one slot, not a flood.
    """

    INITIAL = 4
    THRESHOLD = 16
    __slots__ = ("_maximum", "_size", "in_flight")

    def __init__(self, maximum: int = 128) -> None:
        self._maximum = maximum
        self._size = float(self.INITIAL)
        self.in_flight = 0

    @property
    def size(self) -> int:
        return int(self._size)

    @property
    def free(self) -> int:
        return max(0, self.size - self.in_flight)

    def acquire(self) -> None:
        self.in_flight += 1

    def release(self) -> None:
        self.in_flight -= 1

    def succeeded(self) -> None:
        step = 1.0 if self._size < self.THRESHOLD else 1.0 / self._size
        self._size = min(float(self._maximum), self._size + step)

    def failed(self) -> None:
        self._size = 1.0
