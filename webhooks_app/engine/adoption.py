"""Move to the queue what versions before it left open in the log.

Their web servers may still plan deliveries while new engines run, and their engines may still send.
A try under way keeps its lease. If its old engine records it after all, the log shows that, and a
claim then drops the row of the queue. Whatever it sets due again is adopted again.
"""

from typing import cast

from sqlalchemy import ColumnElement, Connection, Table, TextClause, case, select, text, update

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
_AGAIN = """
    ON CONFLICT (delivery_id) DO UPDATE SET due_at = excluded.due_at, delayed = excluded.delayed,
        tries = excluded.tries, leased_until = excluded.leased_until,
        claimed_by = excluded.claimed_by"""
_EMPTIED = "SET due_at = NULL, delayed = false, claimed_by = NULL"
_OF_ONE = f"{{subscription_id}} = subscription_id AND {OLDER_READY}"
_OLDER_WALK = loose_scan("deliveries", OLDER_READY).format(after="''")

POSTGRES_ANY = f"""
    SELECT 1 FROM deliveries WHERE {OLDER_READY}
    UNION ALL SELECT 1 FROM deliveries WHERE {OLDER_DELAYED}"""
# As claims do, a few of each subscription: a large backlog of one does not delay the others.
POSTGRES_ADOPT = f"""
    {_OLDER_WALK},
    ready AS MATERIALIZED (
        SELECT mine.* FROM walk CROSS JOIN LATERAL (
            {_FOUND} {_OF_ONE.format(subscription_id="walk.subscription_id")}
            LIMIT {OF_EACH} FOR UPDATE SKIP LOCKED
        ) AS mine LIMIT {BATCH}
    ),
    delayed AS MATERIALIZED (
        {_FOUND} {OLDER_DELAYED} LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    ),
    found AS (SELECT * FROM ready UNION ALL SELECT * FROM delayed),
    emptied AS (UPDATE deliveries AS d {_EMPTIED} FROM found WHERE d.id = found.id)
    INSERT INTO queue (delivery_id, {_NAMES}) SELECT id, {_NAMES} FROM found {_AGAIN}"""

SQLITE_ANY = text(f"SELECT 1 FROM ({POSTGRES_ANY}) AS any_older LIMIT 1")
SQLITE_WALK = text(f"{_OLDER_WALK} SELECT subscription_id FROM walk LIMIT {BATCH // OF_EACH}")
SQLITE_READY = text(
    f"{_FOUND} {_OF_ONE.format(subscription_id=':subscription_id')} LIMIT {OF_EACH}"
)
SQLITE_DELAYED = text(f"{_FOUND} {OLDER_DELAYED} LIMIT {BATCH}")
SQLITE_STORE = text(
    f"""
    INSERT INTO queue (delivery_id, {_NAMES}) VALUES (:id, :{_NAMES.replace(", ", ", :")})
    {_AGAIN}"""
)
SQLITE_EMPTY = text(f"UPDATE deliveries {_EMPTIED} WHERE id = :id")


def adopt_some(connection: Connection) -> int:
    """Adopt some of each subscription; how many."""
    force_index_scans(connection)
    return choose(connection, postgresql=_adopt_postgres, sqlite=adopt_sqlite)(connection)


def _adopt_postgres(connection: Connection) -> int:
    with driver_cursor(connection) as cursor:
        return cursor.execute(POSTGRES_ADOPT).rowcount


def adopt_sqlite(connection: Connection) -> int:
    """`adopt_some`."""
    found = [dict(row) for row in connection.execute(SQLITE_DELAYED).mappings()]
    for id_ in connection.scalars(SQLITE_WALK).all():
        mine = connection.execute(SQLITE_READY, {"subscription_id": id_})
        found += [dict(row) for row in mine.mappings()]
    if found:
        connection.execute(SQLITE_STORE, found)
        connection.execute(SQLITE_EMPTY, found)
    return len(found)


def adopt(connection: Connection, those: ColumnElement[bool] | TextClause) -> int:
    """Adopt at most `BATCH` of those deliveries, which an index of the log finds; how many."""
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
        .limit(BATCH)
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
