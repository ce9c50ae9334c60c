"""What must be looked at now and then: endpoints that never answer, and work without an owner."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Engine, Table, select, update

from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.pipeline import disable
from webhooks_app.pipeline.notify import NoticeOf, notify

WARN_AFTER = timedelta(days=1)
DISABLE_AFTER = timedelta(days=5)
NEVER_ANSWERS = "The endpoint failed for 5 days without one success."

HEALTH = cast(Table, SubscriptionHealth.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)


def warn_and_disable(engine: Engine, now: datetime) -> None:
    """Report endpoints that failed for a day without a success; disable those of five days.

    The clock is `failing_since`, in SQL: it starts at the first failure after a success.
    """
    with engine.begin() as connection:
        disable.disable(connection, _failing(connection, now - DISABLE_AFTER), NEVER_ANSWERS)
        for subscription_id in _failing(connection, now - WARN_AFTER, unwarned=True):
            _warn(connection, subscription_id, now)


def cancel_left_over(engine: Engine, now: datetime) -> None:
    """Cancel what still waits for subscriptions that are off, and what died with a worker."""
    with engine.begin() as connection:
        disable.cancel_left_over(connection)
        disable.release_expired(connection, now)


def _failing(connection: Connection, since: datetime, unwarned: bool = False) -> list[str]:
    query = (
        select(HEALTH.c.subscription_id)
        .join(SUBSCRIPTIONS, SUBSCRIPTIONS.c.id == HEALTH.c.subscription_id)
        .where(HEALTH.c.failing_since < since, SUBSCRIPTIONS.c.enabled)
        .where(SUBSCRIPTIONS.c.deleted_at.is_(None))
        .order_by(HEALTH.c.subscription_id)
    )
    if unwarned:
        query = query.where(HEALTH.c.warned_at.is_(None))
    return list(connection.scalars(query))


def _warn(connection: Connection, subscription_id: str, now: datetime) -> None:
    row = connection.execute(
        select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription_id)
    ).one()
    notify(
        connection,
        NoticeOf(row.organisation_id, row.mode, row.id),
        "endpoint_failing",
        f"{row.name} has failed for a day",
        "Not one delivery succeeded in the last day. After 5 days it will be disabled.",
        now,
    )
    connection.execute(
        update(HEALTH).where(HEALTH.c.subscription_id == subscription_id).values(warned_at=now)
    )
