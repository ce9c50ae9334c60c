"""A group commit: what many requests bring at the same time shares one transaction.

Committing costs more than all else in accepting one event. Whoever finds the turn free stores
what all have brought until then, while the next ones gather; alone, nobody waits for anybody.
"""

from collections import deque
from collections.abc import Callable, Iterator
from threading import Lock

from sqlalchemy import Engine

from webhooks_app.pipeline.accept import Asked, accept_together
from webhooks_app.pipeline.incoming import Accepted, Incoming, Tenant

MOST = 64


class Gathering:
    """One a process, shared by its threads. `stored` is called after a commit that planned
    deliveries; it must not raise."""

    def __init__(self, database: Engine, stored: Callable[[], None]) -> None:
        self._database = database
        self._stored = stored
        self._waiting: deque[Asked] = deque()
        self._turn = Lock()

    def accept(self, tenant: Tenant, event: Incoming) -> Accepted:
        """Like `pipeline.accept.accept`, for one event."""
        mine = Asked(tenant, [event])
        self._waiting.append(mine)
        planned = False
        with self._turn:
            while not mine.done:
                group = list(self._next())
                accept_together(self._database, group)
                planned |= any(one.plans_deliveries for one in group)
        if planned:
            self._stored()
        return mine.outcome()[0]

    def _next(self) -> Iterator[Asked]:
        for _ in range(MOST):
            if not self._waiting:
                return
            yield self._waiting.popleft()
