"""Counters of subscriptions and hourly stats, gathered from a batch of tries: pure, then stored."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, case, func
from sqlalchemy.dialects import postgresql, sqlite

from webhooks_app.models import DeliveryStat, SubscriptionHealth
from webhooks_app.models.stats import LATENCY_BOUNDS_MS
from webhooks_app.vocabulary import DeliveryStatus

HEALTH = cast(Table, SubscriptionHealth.__table__)
STATS = cast(Table, DeliveryStat.__table__)


@dataclass(frozen=True, slots=True)
class Try:
    subscription_id: str
    at: datetime
    status: DeliveryStatus
    milliseconds: float


def stats(tries: Iterable[Try]) -> Counter[tuple[str, datetime, str, int]]:
    """Counts by subscription, hour, outcome and upper bound of the latency bucket."""
    return Counter(
        (
            one.subscription_id,
            one.at.replace(minute=0, second=0, microsecond=0),
            one.status.value,
            bucket(one.milliseconds),
        )
        for one in tries
    )


def bucket(milliseconds: float) -> int:
    """The bound of `LATENCY_BOUNDS_MS` at or above it; 0 beyond the last."""
    index = bisect_left(LATENCY_BOUNDS_MS, milliseconds)
    return LATENCY_BOUNDS_MS[index] if index < len(LATENCY_BOUNDS_MS) else 0


def health(tries: Iterable[Try]) -> list[dict[str, Any]]:
    """A row of increments for each subscription, sorted by id so that engines lock in one order.

    `failing_since` is the first failure after the last success of the batch; None when the last
    try succeeded. `last_success_at` is None when none did.
    """
    rows: dict[str, dict[str, Any]] = {}
    for one in sorted(tries, key=lambda each: (each.subscription_id, each.at)):
        row = rows.setdefault(one.subscription_id, _nothing(one.subscription_id))
        row["last_attempt_at"] = one.at
        if one.status is DeliveryStatus.DELIVERED:
            row.update(delivered=row["delivered"] + 1, last_success_at=one.at, failing_since=None)
        else:
            row["failed_attempts"] += 1
            row["failed"] += one.status is DeliveryStatus.FAILED
            row["last_failure_at"] = one.at
            row["failing_since"] = row["failing_since"] or one.at
    return list(rows.values())


def _nothing(subscription_id: str) -> dict[str, Any]:
    return {
        "subscription_id": subscription_id,
        "delivered": 0,
        "failed": 0,
        "failed_attempts": 0,
        "last_attempt_at": None,
        "last_success_at": None,
        "last_failure_at": None,
        "failing_since": None,
    }


def store(connection: Connection, tries: Sequence[Try]) -> None:
    """Add them up in the database: two upserts, whatever the number of tries."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    _store_stats(connection, dialect, stats(tries))
    _store_health(connection, dialect, health(tries))


def _store_stats(
    connection: Connection, dialect: Any, counts: Counter[tuple[str, datetime, str, int]]
) -> None:
    names = ("subscription_id", "hour", "outcome", "latency_ms")
    rows = [dict(zip(names, key, strict=True), count=counts[key]) for key in sorted(counts)]
    insert = dialect.insert(STATS).values(rows)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=names, set_={"count": STATS.c.count + insert.excluded["count"]}
        )
    )


def _store_health(connection: Connection, dialect: Any, rows: list[dict[str, Any]]) -> None:
    insert = dialect.insert(HEALTH).values(rows)
    new = insert.excluded
    added = {
        name: HEALTH.c[name] + new[name] for name in ("delivered", "failed", "failed_attempts")
    }
    latest = {
        name: func.coalesce(new[name], HEALTH.c[name])
        for name in ("last_attempt_at", "last_success_at", "last_failure_at")
    }
    failing_since = case(
        (new.last_success_at.is_(None), func.coalesce(HEALTH.c.failing_since, new.failing_since)),
        else_=new.failing_since,
    )
    warned_at = case((new.last_success_at.is_(None), HEALTH.c.warned_at))
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["subscription_id"],
            set_={**added, **latest, "failing_since": failing_since, "warned_at": warned_at},
        )
    )
