"""Move to the queue what versions before it left open in the log.

Their web servers may still plan deliveries while new engines run, and their engines may still send.
A try under way keeps its lease. If its old engine records it after all, the log shows that, and a
claim then drops the row of the queue. Whatever it sets due again is adopted again.
"""

from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    TextClause,
    and_,
    case,
    select,
    text,
    update,
)

from webhooks_app.database import choose, upsert
from webhooks_app.database.bulk import driver_cursor, force_index_scans
from webhooks_app.engine.walk import loose_scan
from webhooks_app.models import Delivery, Queued
from webhooks_app.models.delivery import OLDER_DELAYED, OLDER_READY
from webhooks_app.vocabulary import DeliveryStatus

OF_EACH, BATCH = 50, 500  # of each subscription, and of all together

DELIVERIES = cast(Table, Delivery.__table__)
QUEUE = cast(Table, Queued.__table__)

_NAMES = "subscription_id, due_at, delayed, tries, leased_until, claimed_by"
_FOUND = """
    SELECT id, subscription_id, delayed, tries, claimed_by,
        CASE WHEN status = 'sending' THEN created_at ELSE due_at END AS due_at,
        CASE WHEN status = 'sending' THEN due_at END AS leased_until
    FROM deliveries WHERE """
_OLDER_WALK = loose_scan("deliveries", OLDER_READY).format(after="''")

# Of either database.
ANY = f"""
    SELECT 1 FROM deliveries WHERE {OLDER_READY}
    UNION ALL SELECT 1 FROM deliveries WHERE {OLDER_DELAYED}"""
# As claims do, a few of each subscription: a large backlog of one does not delay the others.
POSTGRES_ADOPT = f"""
    {_OLDER_WALK},
    ready AS MATERIALIZED (
        SELECT mine.* FROM walk CROSS JOIN LATERAL (
            {_FOUND} subscription_id = walk.subscription_id AND {OLDER_READY}
            LIMIT {OF_EACH} FOR UPDATE SKIP LOCKED
        ) AS mine LIMIT {BATCH}
    ),
    delayed AS MATERIALIZED (
        {_FOUND} {OLDER_DELAYED} LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    ),
    found AS (SELECT * FROM ready UNION ALL SELECT * FROM delayed),
    emptied AS (
        UPDATE deliveries AS d SET due_at = NULL, delayed = false, claimed_by = NULL
        FROM found WHERE d.id = found.id
    )
    INSERT INTO queue (delivery_id, {_NAMES}) SELECT id, {_NAMES} FROM found
    ON CONFLICT (delivery_id) DO UPDATE SET due_at = excluded.due_at, delayed = excluded.delayed,
        tries = excluded.tries, leased_until = excluded.leased_until,
        claimed_by = excluded.claimed_by"""

SQLITE_ANY = text(f"SELECT 1 FROM ({ANY}) AS any_older LIMIT 1")
SQLITE_WALK = text(f"{_OLDER_WALK} SELECT subscription_id FROM walk LIMIT {BATCH // OF_EACH}")


def adopt_some(connection: Connection) -> int:
    """Adopt some of each subscription; how many."""
    force_index_scans(connection)
    return choose(connection, postgresql=_adopt_postgres, sqlite=adopt_sqlite)(connection)


def _adopt_postgres(connection: Connection) -> int:
    with driver_cursor(connection) as cursor:
        return cursor.execute(POSTGRES_ADOPT).rowcount


def adopt_sqlite(connection: Connection) -> int:
    """`adopt_some`."""
    mine, is_ready = DELIVERIES.c.subscription_id, text(OLDER_READY)
    return adopt(connection, text(OLDER_DELAYED)) + sum(
        adopt(connection, and_(mine == id_, is_ready), OF_EACH)
        for id_ in connection.scalars(SQLITE_WALK).all()
    )


def adopt(
    connection: Connection, those: ColumnElement[bool] | TextClause, most: int = BATCH
) -> int:
    """Adopt at most so many of those deliveries, which an index of the log finds; how many."""
    deliveries, older_due_at = DELIVERIES.c, DELIVERIES.c.due_at
    is_sending = deliveries.status == DeliveryStatus.SENDING.value
    force_index_scans(connection)
    rows = connection.execute(
        select(
            deliveries.id.label("delivery_id"),
            deliveries.subscription_id,
            deliveries.delayed,
            deliveries.tries,
            deliveries.claimed_by,
            case((is_sending, deliveries.created_at), else_=older_due_at).label("due_at"),
            case((is_sending, older_due_at)).label("leased_until"),
        )
        .where(those, older_due_at.is_not(None))
        .limit(most)
        .with_for_update()
    ).mappings()
    if not (found := [dict(row) for row in rows]):
        return 0
    store = upsert(connection, QUEUE)
    again = {name.strip(): store.excluded[name.strip()] for name in _NAMES.split(",")}
    connection.execute(
        store.on_conflict_do_update(index_elements=["delivery_id"], set_=again), found
    )
    ids = [one["delivery_id"] for one in found]
    emptied = update(DELIVERIES).where(deliveries.id.in_(ids))
    connection.execute(emptied.values(due_at=None, delayed=False, claimed_by=None))
    return len(found)
