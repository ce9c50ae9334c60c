"""Claim due deliveries under a lease: fair between subscriptions, safe between workers."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, text

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed
from webhooks_app.database import choose, read_only
from webhooks_app.database.bulk import (
    driver_cursor,
    force_index_scans,
    in_pipeline,
    sqlite_value,
)
from webhooks_app.engine import promotion
from webhooks_app.engine.dead_engines import any_dead
from webhooks_app.engine.expired_leases import LISTENER_STOPPED, WORKER_STOPPED, log_lost
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.engine.rate_limiter import POSTGRES_GRANTED, POSTGRES_MAY_START, granted, moved_on
from webhooks_app.engine.walk import WALK
from webhooks_app.lib.times import utcnow
from webhooks_app.models.delivery import READY


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """At most `limit` deliveries, from subscriptions with an id above `after`.

    `free` gives the slots of busy endpoints; all others have `ConcurrencyWindow.INITIAL`. A rate
    limit may lower this, and holds over all engines. Organisations that are `over_budget` get none.
    `heartbeat` is the claiming engine's. With `listener`, only the deliveries of that listener,
    which engines pass over.
    """

    limit: int
    free: Mapping[str, int]
    over_budget: Collection[str] = ()
    after: str = ""
    heartbeat: Heartbeat | None = None
    listener: str = ""

    @property
    def engine_id(self) -> int | None:
        return None if self.heartbeat is None else self.heartbeat.engine_id

    def may_have_left_some(self, claimed: Collection[Claimed]) -> bool:
        """Whether more may be due: the claim got its limit, or all slots of an endpoint."""
        taken = Counter([one.subscription_id for one in claimed])
        return len(claimed) >= self.limit or any(
            count >= self.free.get(id_, ConcurrencyWindow.INITIAL) for id_, count in taken.items()
        )


MOST_WAITED = 2**31 - 1

SERVED = "s.enabled AND s.deleted_at IS NULL AND s.paused_at IS NULL AND NOT s.is_listener"
LISTENING = SERVED.replace("NOT s.is_listener", "s.is_listener")

RETURNED = """d.id, d.subscription_id, d.tries, d.failures, {lost}, {revision}, d.wire_format,
    e.id, e.type, e.occurred_at, e.organisation_id, e.subject_type, e.subject_id, e.data,
    d.trigger, e.hops, {waited}, e.traceparent"""

# A limited subscription without an allowance has never sent: it may start one, even if another
# engine does so too.
FIRST = """(
    CASE WHEN EXISTS (SELECT 1 FROM send_allowances WHERE subscription_id = s.id)
    THEN 0 ELSE 1 END)"""

POSTGRES_CLAIM = (
    WALK.format(after="%(after)s")
    + f""",
    free(subscription_id, slots) AS (
        SELECT * FROM unnest(%(ids)s::text[], %(slots)s::int[])
    ),
    picked AS MATERIALIZED (
        SELECT due.id, due.status, due.due_at, s.revision, s.id AS subscription_id, s.rate_limit
        FROM walk
        JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
            AND s.organisation_id <> ALL (%(crowding)s::text[])
        LEFT JOIN free ON free.subscription_id = walk.subscription_id
        LEFT JOIN LATERAL (
            SELECT {POSTGRES_GRANTED} AS slots FROM send_allowances AS a
            WHERE a.subscription_id = s.id AND {POSTGRES_MAY_START}
            FOR UPDATE SKIP LOCKED
        ) AS granted ON s.rate_limit IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT id, status, due_at FROM deliveries
            WHERE subscription_id = walk.subscription_id AND {READY} AND due_at <= now()
            ORDER BY due_at LIMIT least(
                coalesce(free.slots, %(initial)s),
                CASE WHEN s.rate_limit IS NOT NULL THEN coalesce(granted.slots, {FIRST}) END
            )
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT %(limit)s
    ),
    spent AS (
        INSERT INTO send_allowances AS a (subscription_id, next_free_at)
        SELECT subscription_id, now() + count(*) / rate_limit * interval '1 second'
        FROM picked WHERE rate_limit IS NOT NULL
        GROUP BY subscription_id, rate_limit ORDER BY subscription_id
        ON CONFLICT (subscription_id) DO UPDATE
        SET next_free_at = greatest(a.next_free_at, now()) + (excluded.next_free_at - now())
    )
    UPDATE deliveries AS d
    SET status = 'sending', tries = d.tries + 1, due_at = now() + %(lease)s,
        claimed_by = %(engine_id)s
    FROM picked, events AS e
    WHERE d.id = picked.id AND e.id = d.event_id
    RETURNING """
    + RETURNED.format(
        lost="picked.status = 'sending'",
        revision="picked.revision",
        waited=f"least({MOST_WAITED}, extract(epoch FROM now() - picked.due_at) * 1000)::int",
    )
)

POSTGRES_DUE = (
    WALK.format(after="''")
    + f"""
    SELECT EXISTS ({promotion.POSTGRES_DUE}) OR EXISTS (
        SELECT 1 FROM walk
        JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
        CROSS JOIN LATERAL (
            SELECT 1 FROM deliveries
            WHERE subscription_id = walk.subscription_id AND {READY} AND due_at <= now() LIMIT 1
        ) AS due
        WHERE s.rate_limit IS NULL OR NOT EXISTS (
            SELECT 1 FROM send_allowances AS a
            WHERE a.subscription_id = s.id AND NOT ({POSTGRES_MAY_START})
        )
    )"""
)

SQLITE_WALK = (
    WALK.format(after=":after")
    + f"""
    SELECT s.id, s.organisation_id, s.rate_limit, a.next_free_at
    FROM walk JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
    LEFT JOIN send_allowances AS a ON a.subscription_id = s.id
    ORDER BY s.id"""
)
SQLITE_PICK = f"""
    SELECT d.id, d.status = 'sending' AS lost, d.due_at FROM deliveries AS d
    WHERE d.subscription_id = :subscription_id AND {READY} AND d.due_at <= :now
    ORDER BY d.due_at LIMIT :slots"""
SQLITE_LEASE = """
    UPDATE deliveries
    SET status = 'sending', tries = tries + 1, due_at = :until, claimed_by = :engine_id
    WHERE id = :id"""
SQLITE_SPEND = """
    INSERT INTO send_allowances (subscription_id, next_free_at)
    VALUES (:subscription_id, :next_free_at)
    ON CONFLICT (subscription_id) DO UPDATE SET next_free_at = excluded.next_free_at"""
SQLITE_READ = (
    "SELECT "
    + RETURNED.format(lost=":lost", revision="s.revision", waited=":waited_ms")
    + """
    FROM deliveries AS d JOIN events AS e ON e.id = d.event_id
    JOIN subscriptions AS s ON s.id = d.subscription_id WHERE d.id = :id"""
)


def _of_listener(statement: str, after: str) -> str:
    """The same for the one listener that `after` names, without a walk."""
    walk = f"WITH walk(subscription_id) AS (SELECT CAST({after} AS text))"
    return statement.replace(WALK.format(after=after), walk).replace(SERVED, LISTENING)


POSTGRES_LISTENER_CLAIM = _of_listener(POSTGRES_CLAIM, "%(after)s")
SQLITE_LISTENER_WALK = _of_listener(SQLITE_WALK, ":after")


def claim(engine: Engine, request: ClaimRequest, lease: timedelta) -> list[Claimed]:
    """What `claim_and_promote` leases."""
    return claim_and_promote(engine, request, lease)[0]


def claim_and_promote(
    engine: Engine, request: ClaimRequest, lease: timedelta
) -> tuple[list[Claimed], bool]:
    """Lease up to `request.limit` due deliveries; what to send, and whether to claim again at once.

    Blocking. Delayed deliveries that are due are promoted first. If they filled a whole batch, more
    are promoted after the claim, which has not looked at these. So each claim that asks for another
    one leaves at least a batch less to promote.

    One transaction; rows that another worker is claiming are skipped. A delivery whose lease ran
    out is claimed again, and its earlier try is logged as lost. The commit waits for PostgreSQL's
    disk: a claim that a crash took back would be sent twice under one number.
    """
    with engine.begin() as connection:
        take = choose(engine, postgresql=_claim_postgres, sqlite=_claim_sqlite)
        claimed, promoted = take(connection, request, lease)
        why = LISTENER_STOPPED if request.listener else WORKER_STOPPED
        lost = [(one.delivery_id, one.number - 1) for one in claimed if one.lost]
        log_lost(connection, lost, why)
        if claimed and request.heartbeat is not None:
            request.heartbeat.renew(connection)
    if is_whole_batch := promoted == promotion.BATCH:
        promotion.promote_rest(engine)
    return claimed, is_whole_batch


def anything_due(engine: Engine) -> bool:
    """Whether a delivery can start now, or an engine died and left deliveries.

    A delivery can start if it is due or its lease ran out, its subscription is on and not paused,
    and its rate limit allows it. A delayed one that is due counts in any case: a claim promotes it.
    """
    with engine.connect() as connection:
        is_due = choose(engine, postgresql=_due_postgres, sqlite=_due_sqlite)
        return is_due(connection) or any_dead(connection)


def _due_postgres(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql(POSTGRES_DUE).scalar())


def _due_sqlite(connection: Connection) -> bool:
    read_only(connection)
    if connection.execute(promotion.SQLITE_ANY_DUE, {"now": sqlite_value(utcnow())}).first():
        return True
    walked = connection.execute(text(SQLITE_WALK), {"after": ""}).all()
    now = utcnow()
    return any(_pick(connection, row.id, min(1, _granted(row, 1, now))) for row in walked)


def _claim_postgres(
    connection: Connection, request: ClaimRequest, lease: timedelta
) -> tuple[list[Claimed], int]:
    """What was claimed, and how many deliveries were promoted first."""
    parameters = {
        "after": request.listener or request.after,
        "ids": list(request.free),
        "slots": list(request.free.values()),
        "crowding": list(request.over_budget),
        "initial": ConcurrencyWindow.INITIAL,
        "limit": request.limit,
        "lease": lease,
        "engine_id": request.engine_id,
    }
    statement = POSTGRES_LISTENER_CLAIM if request.listener else POSTGRES_CLAIM
    with (
        in_pipeline(connection),
        driver_cursor(connection) as promoting,
        driver_cursor(connection) as cursor,
    ):
        force_index_scans(connection)
        promoting.execute(promotion.POSTGRES_PROMOTE)
        claimed = [Claimed(*row) for row in cursor.execute(statement, parameters)]
        return claimed, promoting.rowcount


def _claim_sqlite(
    connection: Connection, request: ClaimRequest, lease: timedelta
) -> tuple[list[Claimed], int]:
    promoted = promotion.promote_sqlite(connection)
    picked: list[_Picked] = []
    now = utcnow()
    walk = text(SQLITE_LISTENER_WALK if request.listener else SQLITE_WALK)
    after = {"after": request.listener or request.after}
    for row in connection.execute(walk, after).all():
        if row.organisation_id in request.over_budget:
            continue
        slots = _granted(row, request.free.get(row.id, ConcurrencyWindow.INITIAL), now)
        mine = _pick(connection, row.id, min(slots, request.limit - len(picked)))
        if mine and row.rate_limit is not None:
            _spend(connection, row, len(mine), now)
        picked += mine
        if len(picked) >= request.limit:
            break
    if not picked:
        return [], promoted
    until = sqlite_value(utcnow() + lease)
    values = {"until": until, "engine_id": request.engine_id}
    connection.execute(text(SQLITE_LEASE), [{"id": one.id, **values} for one in picked])
    return [_read_sqlite(connection, one) for one in picked], promoted


Walked = Row[object]  # the columns of SQLITE_WALK


def _granted(row: Walked, slots: int, now: datetime) -> int:
    """How many of `slots` the subscription's rate limit allows."""
    if row.rate_limit is None:
        return slots
    return min(slots, granted(row.rate_limit, _used(row, now)))


def _spend(connection: Connection, row: Walked, count: int, now: datetime) -> None:
    next_free_at = moved_on(row.rate_limit, _used(row, now), count, now)
    connection.execute(
        text(SQLITE_SPEND),
        {"subscription_id": row.id, "next_free_at": sqlite_value(next_free_at)},
    )


def _used(row: Walked, now: datetime) -> float:
    if row.next_free_at is None:
        return 0.0
    return (_from_sqlite(row.next_free_at) - now).total_seconds()


def _from_sqlite(moment: str) -> datetime:
    return datetime.fromisoformat(f"{moment}+00:00")


class _Picked(NamedTuple):
    id: str
    lost: bool
    waited_ms: int


def _pick(connection: Connection, subscription_id: str, slots: int) -> list[_Picked]:
    now = utcnow()
    rows = connection.execute(
        text(SQLITE_PICK),
        {"subscription_id": subscription_id, "now": sqlite_value(now), "slots": slots},
    )
    return [_Picked(row.id, bool(row.lost), _waited(row.due_at, now)) for row in rows]


def _waited(due_at: str, now: datetime) -> int:
    return min(MOST_WAITED, int((now - _from_sqlite(due_at)).total_seconds() * 1000))


def _read_sqlite(connection: Connection, picked: _Picked) -> Claimed:
    row = connection.execute(text(SQLITE_READ), picked._asdict()).one()
    values: list[Any] = list(row)
    values[4] = picked.lost
    values[9] = _from_sqlite(values[9])
    return Claimed(*values)
