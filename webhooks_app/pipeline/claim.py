"""Taking due deliveries under a lease: fair between subscriptions, safe between workers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, text

from webhooks_app.clock import utcnow
from webhooks_app.database import read_only
from webhooks_app.lib.bulk import driver_cursor, look_up_by_key, sqlite_value
from webhooks_app.pipeline.lost import log_lost
from webhooks_app.pipeline.window import Window


class Claimed(msgspec.Struct, frozen=True):
    """A leased delivery, joined with its event. `lost` when a lease before this one ran out."""

    delivery_id: str
    subscription_id: str
    number: int
    failures: int
    lost: bool
    revision: int
    wire_format: str
    event_id: str
    event_type: str
    occurred_at: datetime
    organisation_id: str
    subject_type: str | None
    subject_id: str | None
    data: str


@dataclass(frozen=True, slots=True)
class Request:
    """`limit` deliveries at most, from subscriptions whose id is above `after`.

    `free` gives the slots of endpoints that are busy; all others have `Window.INITIAL`.
    Organisations that are `crowding` get none.
    """

    limit: int
    free: Mapping[str, int]
    crowding: Collection[str] = ()
    after: str = ""


# The walk visits each subscription that has something due by a skip over the partial index, so a
# million rows of one endpoint cost no more than one (a "loose index scan").
WALK = """
    WITH RECURSIVE walk(subscription_id) AS (
        SELECT * FROM (
            SELECT subscription_id FROM deliveries
            WHERE due_at IS NOT NULL AND subscription_id > {after}
            ORDER BY subscription_id LIMIT 1
        ) AS first
        UNION ALL
        SELECT (
            SELECT n.subscription_id FROM deliveries AS n
            WHERE n.due_at IS NOT NULL AND n.subscription_id > walk.subscription_id
            ORDER BY n.subscription_id LIMIT 1
        ) FROM walk WHERE walk.subscription_id IS NOT NULL
    )"""

SERVED = "s.enabled AND s.deleted_at IS NULL"

RETURNED = """d.id, d.subscription_id, d.tries, d.failures, {lost}, {revision}, d.wire_format,
    e.id, e.type, e.occurred_at, e.organisation_id, e.subject_type, e.subject_id, e.data"""

POSTGRES_CLAIM = (
    WALK.format(after="%(after)s")
    + f""",
    free(subscription_id, slots) AS (
        SELECT * FROM unnest(%(ids)s::text[], %(slots)s::int[])
    ),
    picked AS MATERIALIZED (
        SELECT due.id, due.status, s.revision
        FROM walk
        JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
            AND s.organisation_id <> ALL (%(crowding)s::text[])
        LEFT JOIN free ON free.subscription_id = walk.subscription_id
        CROSS JOIN LATERAL (
            SELECT id, status FROM deliveries
            WHERE subscription_id = walk.subscription_id AND due_at <= now()
            ORDER BY due_at LIMIT coalesce(free.slots, %(initial)s)
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT %(limit)s
    )
    UPDATE deliveries AS d
    SET status = 'sending', tries = d.tries + 1, due_at = now() + %(lease)s
    FROM picked, events AS e
    WHERE d.id = picked.id AND e.id = d.event_id
    RETURNING """
    + RETURNED.format(lost="picked.status = 'sending'", revision="picked.revision")
)

POSTGRES_DUE = (
    WALK.format(after="''")
    + f"""
    SELECT EXISTS (
        SELECT 1 FROM walk
        JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
        CROSS JOIN LATERAL (
            SELECT 1 FROM deliveries
            WHERE subscription_id = walk.subscription_id AND due_at <= now() LIMIT 1
        ) AS due
    )"""
)

SQLITE_WALK = (
    WALK.format(after=":after")
    + f"""
    SELECT s.id, s.organisation_id
    FROM walk JOIN subscriptions AS s ON s.id = walk.subscription_id AND {SERVED}
    ORDER BY s.id"""
)
SQLITE_PICK = """
    SELECT d.id, d.status = 'sending' FROM deliveries AS d
    WHERE d.subscription_id = :subscription_id AND d.due_at <= :now
    ORDER BY d.due_at LIMIT :slots"""
SQLITE_LEASE = """
    UPDATE deliveries SET status = 'sending', tries = tries + 1, due_at = :until WHERE id = :id"""
SQLITE_READ = (
    "SELECT "
    + RETURNED.format(lost=":lost", revision="s.revision")
    + """
    FROM deliveries AS d JOIN events AS e ON e.id = d.event_id
    JOIN subscriptions AS s ON s.id = d.subscription_id WHERE d.id = :id"""
)


def claim(engine: Engine, request: Request, lease: timedelta) -> list[Claimed]:
    """Lease up to `request.limit` due deliveries and return what is to be sent. Blocking.

    In one transaction; rows that another worker is claiming are skipped. A delivery whose lease
    ran out is claimed again, and the try before it is logged as lost.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            claimed = _claim_postgres(connection, request, lease)
        else:
            claimed = _claim_sqlite(connection, request, lease)
        log_lost(connection, [(one.delivery_id, one.number - 1) for one in claimed if one.lost])
    return claimed


def anything_due(engine: Engine) -> bool:
    """Is a delivery due, or a lease run out, of a subscription that is served?"""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return bool(connection.exec_driver_sql(POSTGRES_DUE).scalar())
        read_only(connection)
        walked = connection.execute(text(SQLITE_WALK), {"after": ""})
        return any(_pick(connection, row.id, 1) for row in walked.all())


def _claim_postgres(connection: Connection, request: Request, lease: timedelta) -> list[Claimed]:
    parameters = {
        "after": request.after,
        "ids": list(request.free),
        "slots": list(request.free.values()),
        "crowding": list(request.crowding),
        "initial": Window.INITIAL,
        "limit": request.limit,
        "lease": lease,
    }
    look_up_by_key(connection)
    with driver_cursor(connection) as cursor:
        return [Claimed(*row) for row in cursor.execute(POSTGRES_CLAIM, parameters)]


def _claim_sqlite(connection: Connection, request: Request, lease: timedelta) -> list[Claimed]:
    picked: list[tuple[str, bool]] = []
    for row in connection.execute(text(SQLITE_WALK), {"after": request.after}).all():
        if row.organisation_id in request.crowding:
            continue
        slots = request.free.get(row.id, Window.INITIAL)
        picked += _pick(connection, row.id, min(slots, request.limit - len(picked)))
        if len(picked) >= request.limit:
            break
    if not picked:
        return []
    until = sqlite_value(utcnow() + lease)
    connection.execute(text(SQLITE_LEASE), [{"id": id_, "until": until} for id_, _ in picked])
    return [_read_sqlite(connection, id_, lost) for id_, lost in picked]


def _pick(connection: Connection, subscription_id: str, slots: int) -> list[tuple[str, bool]]:
    rows = connection.execute(
        text(SQLITE_PICK),
        {"subscription_id": subscription_id, "now": sqlite_value(utcnow()), "slots": slots},
    )
    return [(row[0], bool(row[1])) for row in rows]


def _read_sqlite(connection: Connection, id_: str, lost: bool) -> Claimed:
    row = connection.execute(text(SQLITE_READ), {"id": id_, "lost": lost}).one()
    values: list[Any] = list(row)
    values[4] = lost
    values[9] = datetime.fromisoformat(values[9] + "+00:00")
    return Claimed(*values)
