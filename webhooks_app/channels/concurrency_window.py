"""How many requests one endpoint may have in flight: slow start and additive increase, like TCP."""


class ConcurrencyWindow:
    """A window that follows the endpoint's answers (RFC 5681).

    It grows by one for each success up to a threshold, then by one for each window of successes. A
    failure shrinks it to one, so an endpoint that is down costs one slot and gets no flood. A
    failure also halves the threshold, so the load that overwhelmed the endpoint returns slowly.
    """

    INITIAL = 4
    THRESHOLD = 64
    __slots__ = ("_maximum", "_size", "_threshold", "in_flight")

    def __init__(self, maximum: int = 128) -> None:
        self._maximum = float(maximum)
        self._threshold = float(self.THRESHOLD)
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
        step = 1.0 if self._size < self._threshold else 1.0 / self._size
        self._size = min(self._maximum, self._size + step)

    def failed(self) -> None:
        if self._size > 1.0:
            self._threshold = max(float(self.INITIAL), self._size / 2)
        self._size = 1.0
