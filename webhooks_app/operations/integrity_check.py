"""Check the database for rows that should never exist, with one scan per table.

Rows older than the retention are left out: some of them may be deleted already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    TextClause,
    bindparam,
    func,
    select,
    text,
)

from webhooks_app.database import clock_of, snapshot
from webhooks_app.lib.ids import floor_id
from webhooks_app.models import Attempt, Delivery, Event
from webhooks_app.models.columns import UtcDateTime

STUCK_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Scan:
    """Rows to scan once, and by name the checks that find broken ones."""

    rows: str
    broken: Mapping[str, str]


SCANS = (
    Scan(
        """events AS e LEFT JOIN (
            SELECT event_id, count(*) AS planned FROM deliveries
            WHERE trigger = 'event' GROUP BY event_id
        ) AS d ON d.event_id = e.id
        WHERE e.id >= :first_event""",
        {
            "event without its deliveries": """
                e.origin IN ('api', 'chat') AND coalesce(planned, 0) <> fan_out"""
        },
    ),
    Scan(
        """(
            SELECT count(*) AS copies FROM deliveries
            WHERE trigger = 'event' GROUP BY event_id, subscription_id
        ) AS pairs""",
        {"delivery planned twice": "copies > 1"},
    ),
    Scan(
        """(
            SELECT count(*) AS copies FROM events
            WHERE idempotency_key IS NOT NULL AND id >= :first_event
            GROUP BY organisation_id, mode, idempotency_key
        ) AS keys""",
        {"idempotency key used twice": "copies > 1"},
    ),
    Scan(
        """(
            SELECT count(*) AS copies FROM events
            WHERE source_id IS NOT NULL AND id >= :first_event
            GROUP BY organisation_id, mode, source_id
        ) AS ids""",
        {"producer's id used twice": "copies > 1"},
    ),
    Scan(
        """deliveries AS d
        LEFT JOIN queue AS q ON q.delivery_id = d.id
        LEFT JOIN events AS e ON e.id = d.event_id
        LEFT JOIN subscriptions AS s ON s.id = d.subscription_id
        LEFT JOIN (
            SELECT delivery_id, count(*) AS logged,
                count(*) FILTER (WHERE outcome = 'failed') AS failed,
                count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded
            FROM attempts GROUP BY delivery_id
        ) AS a ON a.delivery_id = d.id
        WHERE d.id >= :first_delivery""",
        {
            "delivery without its event": "e.id IS NULL",
            "delivery without its subscription": "s.id IS NULL",
            "delivery across organisations or modes": """
                e.organisation_id <> d.organisation_id OR e.mode <> d.mode
                OR s.organisation_id <> d.organisation_id OR s.mode <> d.mode""",
            "open and not in the queue, or ended and in it": """
                (q.delivery_id IS NOT NULL OR d.due_at IS NOT NULL)
                <> (d.status IN ('pending', 'sending', 'retrying'))""",
            "queue and log disagree about a try": """
                q.tries <> d.tries OR (q.leased_until IS NOT NULL) <> (d.status = 'sending')""",
            "lease overdue by more than 2 minutes": """
                q.leased_until < :stuck_before
                OR d.status = 'sending' AND d.due_at < :stuck_before""",
            "tries that left no attempt": """
                coalesce(logged, 0) <> d.tries - CASE d.status WHEN 'sending' THEN 1 ELSE 0 END""",
            "failures that left no attempt": "coalesce(failed, 0) <> d.failures",
            "delivered without a success": "d.status = 'delivered' AND coalesce(succeeded, 0) = 0",
            "failed without a failure": "d.status = 'failed' AND coalesce(failed, 0) = 0",
        },
    ),
    Scan(
        "queue AS q LEFT JOIN deliveries AS d ON d.id = q.delivery_id",
        {"in the queue without a delivery": "d.id IS NULL"},
    ),
    Scan(
        """event_keys AS k LEFT JOIN events AS e ON e.id = k.event_id
        WHERE k.event_id >= :first_event""",
        {"key without its event": "e.id IS NULL"},
    ),
    Scan(
        "attempts AS a LEFT JOIN deliveries AS d ON d.id = a.delivery_id "
        "WHERE a.delivery_id >= :first_delivery",
        {"attempt without its delivery": "d.id IS NULL"},
    ),
)


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows break each check, and how many rows there are."""

    broken: Mapping[str, int]
    totals: Mapping[str, int]

    @property
    def ok(self) -> bool:
        return not any(self.broken.values())


def audit(engine: Engine, retention_days: int) -> Report:
    """Check a snapshot of the database; deliveries can continue."""
    moments = _moments(clock_of(engine), retention_days)
    with engine.connect() as connection:
        snapshot(connection)
        broken: dict[str, int] = {}
        for scan in SCANS:
            broken |= _look(connection, scan, moments)
        return Report(broken, _totals(connection))


def _moments(now: datetime, retention_days: int) -> list[BindParameter[object]]:
    oldest = (now - timedelta(days=retention_days)).timestamp()
    return [
        bindparam("first_event", floor_id("evt", oldest)),
        bindparam("first_delivery", floor_id("msg", oldest)),
        bindparam("stuck_before", now - STUCK_AFTER, UtcDateTime()),
    ]


def _look(
    connection: Connection, scan: Scan, moments: Sequence[BindParameter[object]]
) -> dict[str, int]:
    def sql(fragment: str) -> TextClause:
        return text(fragment).bindparams(*[m for m in moments if f":{m.key}" in fragment])

    counts = [func.count().filter(sql(rule)).label(name) for name, rule in scan.broken.items()]
    row = connection.execute(select(*counts).select_from(sql(scan.rows))).one()
    return dict(zip(scan.broken, row, strict=True))


def _totals(connection: Connection) -> dict[str, int]:
    """Events, deliveries by status, attempts."""
    by_status = connection.execute(
        select(Delivery.status, func.count()).group_by(Delivery.status).order_by(Delivery.status)
    )
    return {
        "events": _count(connection, Event),
        **{f"deliveries {status}": count for status, count in by_status},
        "attempts": _count(connection, Attempt),
    }


def _count(connection: Connection, model: type[Event] | type[Attempt]) -> int:
    return connection.scalar(select(func.count()).select_from(model)) or 0
