"""Promote delayed deliveries once they are due: then claims look at them.

Claims walk over all subscriptions with ready deliveries, and a hundred thousand that only wait for
a retry would make each claim slow. So a retry is delayed, which keeps it out of the walk. Nothing
else needs to know: a delivery that is due is claimed, delayed or not, whoever set its time.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, text, update

from webhooks_app.database import choose
from webhooks_app.database.bulk import driver_cursor, force_index_scans, sqlite_value
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Queued
from webhooks_app.models.queued import DELAYED, DELAYED_OF

BATCH = 500
# A claim never waits longer for a flood of retries than it takes to promote so many batches.
MOST_BATCHES = 4

POSTGRES_DUE = f"SELECT delivery_id FROM queue WHERE {DELAYED} AND due_at <= now()"
SQLITE_DUE = POSTGRES_DUE.replace("now()", ":now")
SQLITE_ANY_DUE = text(f"{SQLITE_DUE} LIMIT 1")
# Locked ones are being promoted by another engine, or changed by someone.
POSTGRES_PROMOTE = f"""
    WITH due AS MATERIALIZED (
        {POSTGRES_DUE} ORDER BY due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    )
    UPDATE queue AS q SET delayed = false FROM due WHERE q.delivery_id = due.delivery_id"""
SQLITE_PROMOTE = text(
    f"""
    UPDATE queue SET delayed = 0
    WHERE delivery_id IN ({SQLITE_DUE} ORDER BY due_at LIMIT {BATCH})"""
)


def promote_rest(engine: Engine) -> None:
    """Promote more, after a whole batch: at most `MOST_BATCHES`, each in its own transaction."""
    promote = choose(engine, postgresql=_promote_postgres, sqlite=promote_sqlite)
    for _ in range(MOST_BATCHES):
        with engine.begin() as connection:
            if promote(connection) < BATCH:
                return


def promote_sqlite(connection: Connection) -> int:
    """Promote a batch; how many."""
    return connection.execute(SQLITE_PROMOTE, {"now": sqlite_value(utcnow())}).rowcount


def _promote_postgres(connection: Connection) -> int:
    force_index_scans(connection)
    with driver_cursor(connection) as cursor:
        return cursor.execute(POSTGRES_PROMOTE).rowcount


def promote_those_of(connection: Connection, subscription_id: str, now: datetime) -> None:
    """Promote what is due for one subscription."""
    connection.execute(
        update(Queued)
        .where(Queued.subscription_id == subscription_id, text(DELAYED_OF), Queued.due_at < now)
        .values(delayed=False)
        .execution_options(synchronize_session=False)
    )
