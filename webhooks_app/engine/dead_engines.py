"""Release the deliveries of dead engines, so that others send them.

Each engine that has something in flight renews its row in `engines` (`heartbeat`). Engines and the
beat look for expired rows.
"""

import time
from datetime import timedelta

import structlog
from sqlalchemy import Connection, Engine

from webhooks_app.database import choose, reading
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.engine.engine_rows import execute

ALIVE_FOR = 7.0
RENEW_EVERY = 1.5

log = structlog.get_logger(__name__)

ANY_DEAD = "SELECT 1 FROM engines WHERE alive_until < {now} LIMIT 1"
# A locked row is being renewed.
BURY = """
    DELETE FROM engines WHERE id IN (
        SELECT id FROM engines WHERE alive_until < {now} {unlocked}
    ) RETURNING id, alive_until"""

# A delivery being sent is due when its lease runs out, so it is in a range of the index. An engine
# leases nothing after its death. A lease that ends later is that of an older worker, which leaves
# `claimed_by` as it was.
POSTGRES_FREE = """
    {walk}, held AS MATERIALIZED (
        SELECT d.id FROM walk CROSS JOIN LATERAL (
            SELECT id FROM deliveries
            WHERE subscription_id = walk.subscription_id AND {ready}
                AND due_at > {now} AND due_at <= {lease_end}
                AND status = 'sending' AND claimed_by = :id
            FOR UPDATE SKIP LOCKED
        ) AS d
    )
    UPDATE deliveries AS d SET due_at = {now}, claimed_by = NULL FROM held WHERE d.id = held.id"""
SQLITE_HELD = """
    {walk} SELECT d.id FROM walk JOIN deliveries AS d ON d.subscription_id = walk.subscription_id
    WHERE {ready} AND d.due_at > {now} AND d.due_at <= {lease_end}
        AND d.status = 'sending' AND d.claimed_by = :id"""
SQLITE_FREE = "UPDATE deliveries SET due_at = {now}, claimed_by = NULL WHERE id = :id"
# An engine of the version before also claims delayed ones, and leaves them delayed.
FREE_DELAYED = """
    UPDATE deliveries SET due_at = {now}, claimed_by = NULL WHERE id IN (
        SELECT id FROM deliveries
        WHERE {delayed} AND due_at > {now} AND due_at <= {lease_end}
            AND status = 'sending' AND claimed_by = :id
        {unlocked}
    )"""


class Watch:
    """Looks for dead engines, for one process.

    While the database was away, or SQLite had a long writer, no engine could renew its row. The
    same is true for a machine that slept. A new process cannot know whether that was so. So it
    calls others dead only once it was in touch for as long as an engine counts as alive.
    """

    def __init__(self, database: Engine, lease: timedelta) -> None:
        self._database = database
        self._lease = lease
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
        return free_held_by_dead(self._database, self._lease) if self.may_judge else 0


def any_dead(connection: Connection) -> bool:
    """Whether an engine died while it had something in flight."""
    return execute(connection, ANY_DEAD).first() is not None


def free_held_by_dead(database: Engine, lease: timedelta) -> int:
    """Release the deliveries of dead engines at once; returns how many.

    Each would also be released when its own lease runs out, after at most `lease`.
    """
    with reading(database) as connection:
        if not any_dead(connection):
            return 0
    asked_at = time.monotonic()
    with database.begin() as connection:
        if time.monotonic() - asked_at > RENEW_EVERY:
            return 0  # SQLite had another writer: perhaps they waited for it too
        dead = execute(connection, BURY).mappings().all()
        freed = sum(_free(connection, {**one, "lease": lease.total_seconds()}) for one in dead)
    if dead:
        log.warning("engines died", engines=len(dead), deliveries=freed)
    return freed


def _free(connection: Connection, dead: dict[str, object]) -> int:
    force_index_scans(connection)
    free = choose(connection, postgresql=_free_postgres, sqlite=_free_sqlite)
    return free(connection, dead) + execute(connection, FREE_DELAYED, **dead).rowcount


def _free_postgres(connection: Connection, dead: dict[str, object]) -> int:
    return execute(connection, POSTGRES_FREE, **dead).rowcount


def _free_sqlite(connection: Connection, dead: dict[str, object]) -> int:
    held = execute(connection, SQLITE_HELD, **dead).all()
    for (id_,) in held:
        execute(connection, SQLITE_FREE, id=id_)
    return len(held)
