"""A group commit: requests that arrive at the same time share one transaction.

The commit is the most expensive part of accepting an event. One thread stores what all have brought
so far, while the next ones gather. Each request is matched first, in its own thread, so that no
costly pattern delays the others.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import structlog
from sqlalchemy import Engine

from webhooks_app.ingest.accept import (
    REMATCHED,
    IngestRequest,
    accept,
    accept_together,
    fail,
    is_away,
    lost_a_race,
)
from webhooks_app.ingest.one_statement import store_plain
from webhooks_app.ingest.selection import select_before, tell_untried
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.incoming import Accepted, Incoming

MOST = 64

log = structlog.get_logger(__name__)


class GroupCommit:
    """One per process, shared by its threads.

    `stored` is called after a commit that planned deliveries; it must not raise.
    """

    def __init__(self, database: Engine, stored: Callable[[], None]) -> None:
        self._database = database
        self._stored = stored
        self._waiting: deque[IngestRequest] = deque()
        self._thread = ThreadPoolExecutor(1, "commit")
        self._will_store = False

    def accept(self, tenant: Tenant, event: Incoming) -> Accepted:
        """Like `ingest.accept.accept`, for one event."""
        mine = IngestRequest(tenant, [event])
        for _ in range(REMATCHED):
            mine.stale, mine.selection = False, select_before(self._database, tenant, [event])
            self._join(mine)
            if mine.done:
                tell_untried(self._database, mine.untried)
                return mine.outcome()[0]
        [accepted] = accept(self._database, tenant, [event])
        if accepted.plans_deliveries:
            self._stored()
        return accepted

    def submit(self, mine: IngestRequest) -> None:
        """Returns at once. Another thread calls `mine.told` when `mine` is done or stale."""
        self._waiting.append(mine)
        if not self._will_store:
            self._will_store = True
            self._thread.submit(self._store_waiting)

    def _store_waiting(self) -> None:
        self._will_store = False  # later requests ask again
        while self._waiting:
            self._store_next()

    def _join(self, mine: IngestRequest) -> None:
        """Wait until the request is done or must be matched again, and for no later one."""
        ended = Event()
        mine.told = ended.set
        self.submit(mine)
        ended.wait()

    def _store_next(self) -> None:
        group = list(self._next())
        _store(self._database, group)
        for one in group:
            if one.told is not None:
                one.told()
        if any(one.plans_deliveries for one in group):
            self._stored()

    def _next(self) -> Iterator[IngestRequest]:
        for _ in range(MOST):
            if not self._waiting:
                return
            yield self._waiting.popleft()


def _store(database: Engine, group: Sequence[IngestRequest]) -> None:
    """Like `accept_together`, the common case first."""
    try:
        store_plain(database, group)
    except Exception as error:
        if is_away(error):
            fail(group, error)
        elif not lost_a_race(error):
            log.warning("not stored by one statement", reason=reason_of(error))
    if left := [one for one in group if not one.done]:
        accept_together(database, left)
