"""Count what happened within any period of a given length."""

from bisect import bisect_left
from collections.abc import Iterable


def most_within(seconds: float, moments: Iterable[float]) -> int:
    """The most moments within any window of that many seconds."""
    ordered = sorted(moments)
    return max(bisect_left(ordered, at + seconds) - n for n, at in enumerate(ordered))
