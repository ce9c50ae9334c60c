"""Claim from SQLite's queue, and look whether anything is due in it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed
from webhooks_app.database.bulk import sqlite_value
from webhooks_app.engine import adoption, promotion
from webhooks_app.engine.claim_request import (
    DUE,
    LISTENING,
    MOST_WAITED,
    OPEN,
    RETURNED,
    SERVED,
    ClaimRequest,
    Taken,
)
from webhooks_app.engine.rate_limiter import granted, moved_on
from webhooks_app.engine.walk import WALK
from webhooks_app.lib.times import utcnow

_SUBSCRIPTIONS = f"""
    SELECT s.id, s.organisation_id, s.rate_limit, a.next_free_at
    FROM walk JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
    LEFT JOIN send_allowances AS a ON a.subscription_id = s.id
    ORDER BY s.id"""
SUBSCRIPTIONS = WALK.format(after=":after") + _SUBSCRIPTIONS
# Of the one listener that `after` names, without a walk.
LISTENER = "WITH walk(subscription_id) AS (SELECT CAST(:after AS text))" + _SUBSCRIPTIONS.replace(
    SERVED, LISTENING
)
PICK = f"""
    SELECT delivery_id AS id, leased_until IS NOT NULL AS lost,
        max(due_at, coalesce(leased_until, due_at)) AS due_at
    FROM queue WHERE subscription_id = :subscription_id AND {DUE.format(now=":now")}
    ORDER BY queue.due_at LIMIT :slots"""
LEASE = """
    UPDATE queue SET leased_until = :until, tries = tries + 1, claimed_by = :engine_id
    WHERE delivery_id = :id"""
SENDING = f"""
    UPDATE deliveries
    SET status = 'sending', tries = (SELECT tries FROM queue WHERE delivery_id = :id)
    WHERE id = :id AND {OPEN}"""
OVER = f"""
    DELETE FROM queue WHERE delivery_id = :id
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE id = :id AND {OPEN})"""
SPEND = """
    INSERT INTO send_allowances (subscription_id, next_free_at)
    VALUES (:subscription_id, :next_free_at)
    ON CONFLICT (subscription_id) DO UPDATE SET next_free_at = excluded.next_free_at"""
READ = (
    "SELECT "
    + RETURNED.format(lost=":lost", revision="s.revision", waited=":waited_ms")
    + """
    FROM deliveries AS d JOIN events AS e ON e.id = d.event_id
    JOIN subscriptions AS s ON s.id = d.subscription_id
    WHERE d.id = :id AND d.status = 'sending'"""
)


def is_due(connection: Connection, _floors: object) -> bool:
    if connection.execute(adoption.SQLITE_ANY).first():
        return True
    if connection.execute(promotion.SQLITE_ANY_DUE, {"now": sqlite_value(utcnow())}).first():
        return True
    walked = connection.execute(text(SUBSCRIPTIONS), {"after": ""}).all()
    now = utcnow()
    return any(_pick(connection, row.id, min(1, _granted(row, 1, now))) for row in walked)


def take(connection: Connection, request: ClaimRequest, lease: timedelta) -> Taken:
    adopted = adoption.adopt_sqlite(connection)
    promoted = promotion.promote_sqlite(connection)
    picked: list[_Picked] = []
    now = utcnow()
    walk = text(LISTENER if request.listener else SUBSCRIPTIONS)
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
        return Taken([], adopted, promoted)
    until = sqlite_value(utcnow() + lease)
    values = {"until": until, "engine_id": request.engine_id}
    connection.execute(text(LEASE), [{"id": one.id, **values} for one in picked])
    connection.execute(text(SENDING), [{"id": one.id} for one in picked])
    read = [_read_sqlite(connection, one) for one in picked]
    return Taken([one for one in read if one is not None], adopted, promoted)


Walked = Row[object]  # the columns of SUBSCRIPTIONS


def _granted(row: Walked, slots: int, now: datetime) -> int:
    """How many of `slots` the subscription's rate limit allows."""
    if row.rate_limit is None:
        return slots
    return min(slots, granted(row.rate_limit, _used(row, now)))


def _spend(connection: Connection, row: Walked, count: int, now: datetime) -> None:
    next_free_at = moved_on(row.rate_limit, _used(row, now), count, now)
    connection.execute(
        text(SPEND),
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
        text(PICK),
        {"subscription_id": subscription_id, "now": sqlite_value(now), "slots": slots},
    )
    return [_Picked(row.id, bool(row.lost), _waited(row.due_at, now)) for row in rows]


def _waited(due_at: str, now: datetime) -> int:
    return min(MOST_WAITED, int((now - _from_sqlite(due_at)).total_seconds() * 1000))


def _read_sqlite(connection: Connection, picked: _Picked) -> Claimed | None:
    row = connection.execute(text(READ), picked._asdict()).first()
    if row is None:  # an older version has ended it
        connection.execute(text(OVER), {"id": picked.id})
        return None
    values: list[Any] = list(row)
    values[4] = picked.lost
    values[9] = _from_sqlite(values[9])
    return Claimed(*values)
