"""How much happened within any time of some length."""

from bisect import bisect_left
from collections.abc import Iterable


def most_within(seconds: float, moments: Iterable[float]) -> int:
    """Of any window of so many seconds, the most moments in it."""
    ordered = sorted(moments)
    return max(bisect_left(ordered, at + seconds) - n for n, at in enumerate(ordered))
