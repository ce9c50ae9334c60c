"""Release the deliveries of dead engines, so that others send them.

Each engine that has something in flight renews its row in `engines` (`heartbeat`). Engines and the
beat look for expired rows.
"""

import time

import structlog
from sqlalchemy import Connection, Engine

from webhooks_app.database import reading
from webhooks_app.engine.engine_rows import execute

ALIVE_FOR = 7.0
RENEW_EVERY = 1.5

log = structlog.get_logger(__name__)

ANY_DEAD = "SELECT 1 FROM engines WHERE alive_until < {now} LIMIT 1"
# A locked row is being renewed.
BURY = """
    DELETE FROM engines WHERE id IN (
        SELECT id FROM engines WHERE alive_until < {now} {unlocked}
    ) RETURNING id"""

# A locked one is being recorded, perhaps by the dead engine itself. It comes back when its lease
# ends.
FREE = """
    UPDATE queue SET leased_until = {now}, claimed_by = NULL WHERE delivery_id IN (
        SELECT delivery_id FROM queue WHERE claimed_by = :id AND leased_until > {now} {unlocked}
    )"""


class Watch:
    """Looks for dead engines, for one process.

    While the database was away, or SQLite had a long writer, no engine could renew its row. The
    same is true for a machine that slept. A new process cannot know whether that was so. So it
    calls others dead only once it was in touch for as long as an engine counts as alive.
    """

    def __init__(self, database: Engine) -> None:
        self._database = database
        self.lose_touch()

    def lose_touch(self) -> None:
        """Start again to count how long this process was connected: after an error, or a wait for
        the database.
        """
        self.in_touch_since = time.monotonic()
        self._looked_at = time.time()

    def notice_gap(self) -> None:
        """Call it often: if this process does not call it for long, it counts as disconnected."""
        if time.time() - self._looked_at > ALIVE_FOR / 2:
            self.in_touch_since = time.monotonic()
        self._looked_at = time.time()

    @property
    def may_judge(self) -> bool:
        return time.monotonic() - self.in_touch_since >= ALIVE_FOR

    def free(self) -> int:
        """Release what dead engines held; how many deliveries."""
        self.notice_gap()
        return free_held_by_dead(self._database) if self.may_judge else 0


def any_dead(connection: Connection) -> bool:
    """Whether an engine died while it had something in flight."""
    return execute(connection, ANY_DEAD).first() is not None


def free_held_by_dead(database: Engine) -> int:
    """Release the deliveries of dead engines at once; returns how many.

    Each would also be released when its own lease runs out, which takes longer.
    """
    with reading(database) as connection:
        if not any_dead(connection):
            return 0
    asked_at = time.monotonic()
    with database.begin() as connection:
        if time.monotonic() - asked_at > RENEW_EVERY:
            return 0  # SQLite had another writer: perhaps they waited for it too
        dead = execute(connection, BURY).all()
        freed = sum(execute(connection, FREE, id=one.id).rowcount for one in dead)
    if dead:
        log.warning("engines died", engines=len(dead), deliveries=freed)
    return freed
