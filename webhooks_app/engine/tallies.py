"""Add up counters and hourly stats from a batch of tries (pure), then store them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import Connection

from webhooks_app.database import choose
from webhooks_app.database.bulk import in_pipeline, upsert_rows
from webhooks_app.models.stats import LATENCY_BOUNDS_MS
from webhooks_app.vocabulary import DeliveryStatus


class Try(NamedTuple):
    subscription_id: str
    at: datetime
    status: DeliveryStatus
    milliseconds: float


def stats(tries: Iterable[Try]) -> Counter[tuple[str, datetime, str, int]]:
    """Counts by subscription, hour, outcome and upper bound of the latency bucket."""
    return Counter(
        [
            (
                one.subscription_id,
                one.at.replace(minute=0, second=0, microsecond=0),
                one.status.value,
                bucket(one.milliseconds),
            )
            for one in tries
        ]
    )


def bucket(milliseconds: float) -> int:
    """The bound of `LATENCY_BOUNDS_MS` at or above the latency; 0 beyond the last."""
    index = bisect_left(LATENCY_BOUNDS_MS, milliseconds)
    return LATENCY_BOUNDS_MS[index] if index < len(LATENCY_BOUNDS_MS) else 0


Counters = dict[str, Any]


def health(tries: Iterable[Try]) -> list[Counters]:
    """A row of increments for each subscription, sorted by id so that engines lock in one order.

    `failing_since` is the first failure after the last success of the batch; None when the last try
    succeeded. `last_success_at` is None without a success.
    """
    rows: dict[str, Counters] = {}
    for one in sorted(tries, key=lambda each: (each.subscription_id, each.at)):
        row = rows.setdefault(one.subscription_id, _nothing(one.subscription_id))
        row["last_attempt_at"] = one.at
        if one.status is DeliveryStatus.DELIVERED:
            row.update(delivered=row["delivered"] + 1, last_success_at=one.at, failing_since=None)
        else:
            row["failed_attempts"] += 1
            row["failed"] += 1 if one.status is DeliveryStatus.FAILED else 0
            row["last_failure_at"] = one.at
            row["failing_since"] = row["failing_since"] or one.at
    return list(rows.values())


def _nothing(subscription_id: str) -> dict[str, object]:
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


STATS_UPSERT = """
    INSERT INTO delivery_stats (subscription_id, hour, outcome, latency_ms, count) {rows}
    ON CONFLICT (subscription_id, hour, outcome, latency_ms)
    DO UPDATE SET count = delivery_stats.count + excluded.count"""

HEALTH_UPSERT = """
    INSERT INTO subscription_health AS h (
        subscription_id, delivered, failed, failed_attempts,
        last_attempt_at, last_success_at, last_failure_at, failing_since
    ) {rows}
    ON CONFLICT (subscription_id) DO UPDATE SET
        delivered = h.delivered + excluded.delivered,
        failed = h.failed + excluded.failed,
        failed_attempts = h.failed_attempts + excluded.failed_attempts,
        last_attempt_at = CASE WHEN h.last_attempt_at > excluded.last_attempt_at
            THEN h.last_attempt_at ELSE excluded.last_attempt_at END,
        last_success_at = CASE WHEN h.last_success_at > excluded.last_success_at
            THEN h.last_success_at ELSE coalesce(excluded.last_success_at, h.last_success_at) END,
        last_failure_at = CASE WHEN h.last_failure_at > excluded.last_failure_at
            THEN h.last_failure_at ELSE coalesce(excluded.last_failure_at, h.last_failure_at) END,
        failing_since = CASE WHEN excluded.last_success_at IS NULL
            THEN coalesce(h.failing_since, excluded.failing_since)
            ELSE excluded.failing_since END,
        warned_at = CASE WHEN excluded.last_success_at IS NULL THEN h.warned_at END"""

# Several engines add to it, and who fails for days by these two moments is switched off. So they
# are the database's.
POSTGRES_HEALTH_UPSERT = reduce(
    lambda statement, column: statement.replace(
        f"excluded.{column}", f"CASE WHEN excluded.{column} IS NOT NULL THEN now() END"
    ),
    ("last_failure_at", "failing_since"),
    HEALTH_UPSERT,
)


def store(connection: Connection, tries: Sequence[Try]) -> None:
    """Add them to the database in two statements, one row per subscription and bucket."""
    counts = stats(tries)
    with in_pipeline(connection):
        upsert_rows(
            connection,
            STATS_UPSERT,
            ("text", "timestamptz", "text", "int", "bigint"),
            [(*key, counts[key]) for key in sorted(counts)],
        )
        upsert_rows(
            connection,
            choose(connection, postgresql=POSTGRES_HEALTH_UPSERT, sqlite=HEALTH_UPSERT),
            ("text", "bigint", "bigint", "bigint", *["timestamptz"] * 4),
            [tuple(row.values()) for row in health(tries)],
        )
