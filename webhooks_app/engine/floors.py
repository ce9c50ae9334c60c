"""Where claims of busy subscriptions begin, so that they pass no dead entries of the index.

While somebody holds an old snapshot, such as a backup, PostgreSQL keeps the index entries of all
that was sent since then, and each claim would read them. So an engine remembers how far it has
claimed. It forgets that every few seconds, and then finds what lies below after all: a delivery
that took long to commit, whose lease ran out, or that was given an earlier time. If that takes
long, it forgets less often.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic

EVERY = 5.0  # seconds
TIMES = 20  # at least so much longer than it took to find all
LAG = timedelta(seconds=1)  # a delivery is due when its transaction begins, and seen when it ends
BUSY = 100  # deliveries that were claimed
MOST, KNOWN = 100, 10_000  # subscriptions


class Floors:
    """What one engine knows of PostgreSQL's queue. Times are by the database's clock."""

    def __init__(self) -> None:
        self._claimed: Counter[str] = Counter()
        self._floors: dict[str, datetime] = {}
        self._forgets_at = monotonic() + EVERY

    def current(self) -> Mapping[str, datetime]:
        """By subscription: what is due before that has been claimed, as far as is known."""
        if monotonic() >= self._forgets_at:
            self._forgets_at = monotonic() + EVERY
            self._floors.clear()
            if len(self._claimed) > KNOWN:
                self._claimed = Counter(dict(self._claimed.most_common(MOST)))
        return self._floors

    def found_all(self, seconds: float) -> None:
        """A claim or a look without floors took so long."""
        self._forgets_at = max(self._forgets_at, monotonic() + TIMES * seconds)

    def busy(self) -> list[str]:
        return [id_ for id_, count in self._claimed.most_common(MOST) if count >= BUSY]

    def claimed(self, due: Iterable[tuple[str, datetime]]) -> None:
        """These were claimed: subscriptions, and when each delivery had been due."""
        last: dict[str, datetime] = {}
        for id_, due_at in due:
            self._claimed[id_] += 1
            last[id_] = max(due_at, last.get(id_, due_at))
        for id_ in last.keys() & set(self.busy()):
            self._floors[id_] = last[id_] - LAG

    def nothing_due(self, subscription_ids: Iterable[str], now: datetime) -> None:
        """Nothing of these could be claimed at that time."""
        self._floors |= dict.fromkeys(subscription_ids, now - LAG)
