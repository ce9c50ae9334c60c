"""A month of realistic data for the demo organisation."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Attempt,
    Delivery,
    DeliveryStat,
    Event,
    Notification,
    Subscription,
    SubscriptionHealth,
)

NAMES = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov")
SCENE: tuple[dict[str, Any], ...] = (
    {
        "kind": "webhook",
        "name": "Warehouse",
        "url": "https://etl.acme.example/hooks/pivotal",
        "event_types": ["customer.updated", "onboarding.updated", "task.updated"],
        "failure_rate": 0.01,
    },
    {
        "kind": "webhook",
        "name": "Sales alerts",
        "url": "https://hooks.acme.example/sales",
        "event_types": ["customer.at_risk", "customer.churned"],
        "failure_rate": 0.08,
    },
    {
        "kind": "webhook",
        "name": "Old CRM",
        "url": "https://crm.old.example/in",
        "event_types": ["lead.captured"],
        "failure_rate": 1.0,
    },
    {
        "kind": "action",
        "name": "New lead to the CRM",
        "url": "https://crm.acme.example/leads",
        "event_types": ["lead.captured"],
        "conditions": [{"field": "lead.email", "operator": "exists"}],
        "failure_rate": 0.02,
    },
    {
        "kind": "action",
        "name": "Booking to the calendar",
        "url": "https://calendar.acme.example/bookings",
        "event_types": ["booking.confirmed"],
        "failure_rate": 0.0,
    },
)


def paint(session: Session, organisation_id: str, vault: Vault, seed: int = 7) -> None:
    """Fill an organisation: subscriptions, events, deliveries with attempts, statistics."""
    chance = random.Random(seed)
    for each in SCENE:
        wanted = dict(each)
        failure_rate = wanted.pop("failure_rate")
        row = _subscription(organisation_id, vault, wanted)
        session.add(row)
        session.flush()
        for moment in _moments(chance):
            _deliver(session, row, moment, chance.random() < failure_rate, chance)
        if failure_rate == 1.0:
            _trouble(session, row)
    session.commit()


def _subscription(organisation_id: str, vault: Vault, wanted: dict[str, Any]) -> Subscription:
    month_ago = utcnow() - timedelta(days=30)
    return Subscription(
        id=new_id("act" if wanted["kind"] == "action" else "whk"),
        organisation_id=organisation_id,
        mode="live",
        channel="webhook",
        sealed_headers=vault.seal("{}"),
        sealed_secret=vault.seal("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        created_at=month_ago,
        updated_at=month_ago,
        health=SubscriptionHealth(delivered=0, failed=0, failed_attempts=0),
        **{"conditions": [], **wanted},
    )


def _moments(chance: random.Random) -> Iterator[datetime]:
    now = utcnow()
    for hours in range(24 * 7, 0, -1):
        busy = 1 + (8 <= (now.hour - hours) % 24 <= 18)
        for _ in range(chance.randint(0, busy)):
            yield now - timedelta(hours=hours) + timedelta(seconds=chance.randint(1, 3500))


def _deliver(
    session: Session, row: Subscription, at: datetime, fails: bool, chance: random.Random
) -> None:
    kind = CATALOGUE[chance.choice(row.event_types)]
    event_id, delivery_id = _id_at("evt", at, chance), _id_at("msg", at, chance)
    name = chance.choice(NAMES)
    data = dict(kind.sample) | {"name": name, "email": f"{name.split()[0].lower()}@example.com"}
    milliseconds = int(chance.lognormvariate(4, 0.6))
    session.execute(
        insert(Event).values(
            id=event_id,
            organisation_id=row.organisation_id,
            mode="live",
            type=kind.name,
            subject_type="chatbot",
            subject_id="bot_demo",
            data=orjson.dumps(data).decode(),
            origin="api",
            fan_out=1,
            occurred_at=at,
            created_at=at,
        )
    )
    session.execute(
        insert(Delivery).values(
            id=delivery_id,
            organisation_id=row.organisation_id,
            mode="live",
            subscription_id=row.id,
            event_id=event_id,
            trigger="event",
            wire_format="standard",
            status="failed" if fails else "delivered",
            tries=1,
            failures=int(fails),
            status_code=503 if fails else 200,
            error="The endpoint answered 503." if fails else None,
            created_at=at,
            finished_at=at,
        )
    )
    session.execute(
        insert(Attempt).values(
            delivery_id=delivery_id,
            number=1,
            outcome="failed" if fails else "succeeded",
            failure="status" if fails else None,
            error="The endpoint answered 503." if fails else None,
            status_code=503 if fails else 200,
            url=row.url,
            request_headers=orjson.dumps(
                {"webhook-id": delivery_id, "content-type": "application/json"}
            ).decode(),
            response_headers='[["content-type","text/plain"]]',
            response_body=b"Service Unavailable" if fails else b"ok",
            response_truncated=False,
            started_at=at,
            duration_ms=milliseconds,
        )
    )
    _count(session, row, at, fails)


def _count(session: Session, row: Subscription, at: datetime, fails: bool) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    key = (row.id, hour, "failed" if fails else "delivered", 100)
    stat = session.get(DeliveryStat, key)
    if stat is None:
        stat = DeliveryStat(
            subscription_id=row.id, hour=hour, outcome=key[2], latency_ms=100, count=0
        )
        session.add(stat)
    stat.count += 1
    health = row.health
    health.last_attempt_at = at
    if fails:
        health.failed += 1
        health.failed_attempts += 1
        health.last_failure_at = at
        health.failing_since = health.failing_since or at
    else:
        health.delivered += 1
        health.last_success_at, health.failing_since = at, None


def _trouble(session: Session, row: Subscription) -> None:
    session.add(
        Notification(
            id=new_id("ntf"),
            organisation_id=row.organisation_id,
            mode="live",
            kind="endpoint_failing",
            subscription_id=row.id,
            title=f"{row.name} has failed for a day",
            body="No delivery succeeded in the last day. After 5 days it will be switched off.",
            created_at=utcnow(),
        )
    )


def _id_at(prefix: str, at: datetime, chance: random.Random) -> str:
    """An id as `new_id` would have made it at that time."""
    tail = "".join(chance.choices("0123456789abcdefghijklmnopqrstuv", k=15))
    return floor_id(prefix, at.timestamp())[: len(prefix) + 12] + tail[: 26 - 11]
