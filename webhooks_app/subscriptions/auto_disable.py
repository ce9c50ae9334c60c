"""Periodic checks: endpoints that always fail, and deliveries of subscriptions that are off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Engine, Table, select, update

from webhooks_app.database import clock
from webhooks_app.engine import pausing, switching_off
from webhooks_app.models import Subscription, SubscriptionHealth
from webhooks_app.notices.dashboard_notices import NoticeOf, notify

WARN_AFTER = timedelta(days=1)
DISABLE_AFTER = timedelta(days=5)
NEVER_ANSWERS = "The endpoint has failed for 5 days without a single success."

HEALTH = cast(Table, SubscriptionHealth.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)


def warn_and_disable(engine: Engine, now: datetime) -> None:
    """Report endpoints that failed for a day without a success; switch off those of five days.

    The time counts from `failing_since`, the first failure after a success, to the last failure. So
    one failure before a quiet week does not count as a week of failure.
    """
    with engine.begin() as connection:
        failing = _failing(connection)
        hopeless = [row.id for row in failing if row.lasted >= DISABLE_AFTER]
        switching_off.disable(connection, hopeless, NEVER_ANSWERS)
        for row in failing:
            if row.lasted >= WARN_AFTER and not row.warned and row.id not in hopeless:
                _warn(connection, row.id, now)


def cancel_left_over(engine: Engine) -> None:
    """Cancel what waits for subscriptions that are off, and what a dead worker was sending.

    What it was sending for a paused one waits again.
    """
    with engine.begin() as connection:
        now = clock(connection)
        switching_off.release_expired(connection, now)
        pausing.release_expired(connection, now)
    more = True
    while more:
        with engine.begin() as connection:
            more = switching_off.cancel_left_over(connection)


@dataclass(frozen=True, slots=True)
class _Failing:
    id: str
    lasted: timedelta
    warned: bool


def _failing(connection: Connection) -> list[_Failing]:
    query = (
        select(HEALTH)
        .join(SUBSCRIPTIONS, SUBSCRIPTIONS.c.id == HEALTH.c.subscription_id)
        .where(HEALTH.c.failing_since.is_not(None), SUBSCRIPTIONS.c.enabled)
        .where(SUBSCRIPTIONS.c.deleted_at.is_(None))
        .order_by(HEALTH.c.subscription_id)
    )
    return [
        _Failing(row.subscription_id, row.last_failure_at - row.failing_since, bool(row.warned_at))
        for row in connection.execute(query)
    ]


def _warn(connection: Connection, subscription_id: str, now: datetime) -> None:
    row = connection.execute(
        select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription_id)
    ).one()
    notify(
        connection,
        NoticeOf(row.organisation_id, row.mode, row.id),
        "endpoint_failing",
        f"{row.name} has failed for a day",
        "No delivery succeeded in the last day. After 5 days it will be switched off.",
        now,
    )
    connection.execute(
        update(HEALTH).where(HEALTH.c.subscription_id == subscription_id).values(warned_at=now)
    )
