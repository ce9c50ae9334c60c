"""A month of realistic data for the demo organisation."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from webhooks_app.catalogue import CATALOGUE, EventType
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Attempt,
    Delivery,
    DeliveryStat,
    Event,
    Notification,
    Queued,
    Subscription,
    SubscriptionHealth,
)

NAMES = (
    "Ada Lovelace",
    "Grace Hopper",
    "Alan Turing",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Donald Knuth",
    "Frances Allen",
    "Hedy Lamarr",
)
COMPANIES = ("Harbour Logistics", "Norrsken Bygg AB", "Fjord Foods", "Atlas Freight", "Luma Labs")
TASKS = ("Upload the product list", "Invite the team", "Map the fields", "Sign the contract")


class Failure(NamedTuple):
    """How an attempt can fail; without a `code` no response came."""

    code: int | None
    kind: str
    error: str
    body: bytes = b""


DOWN = Failure(503, "status", "The endpoint answered 503.", b"Service Unavailable")
FAILURES = (
    Failure(401, "status", "The endpoint answered 401.", b'{"error":"invalid token"}'),
    Failure(500, "status", "The endpoint answered 500.", b'{"error":"deadlock detected"}'),
    Failure(404, "status", "The endpoint answered 404.", b"<h1>Not Found</h1>"),
    Failure(None, "timeout", "The endpoint did not answer within 15 seconds."),
    Failure(None, "dns", "The name hooks.acme.example could not be resolved."),
)
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
    chance, kinds = random.Random(seed), cycle(FAILURES)
    for each in SCENE:
        wanted = dict(each)
        failure_rate = wanted.pop("failure_rate")
        row = _subscription(organisation_id, vault, wanted)
        session.add(row)
        session.flush()
        moments = list(_moments(chance))
        for moment in moments:
            fails = chance.random() < failure_rate and (failure_rate == 1 or moment != moments[-1])
            why = next(kinds) if fails and failure_rate < 1 else DOWN
            _deliver(session, row, moment, why if fails else None, chance)
        if failure_rate == 1.0:
            _trouble(session, row)
        if failure_rate == 0.08:
            _leave_open(session, row, chance)
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
    session: Session, row: Subscription, at: datetime, why: Failure | None, chance: random.Random
) -> None:
    delivery = _log(session, row, at, chance)
    delivery |= {
        "status": "failed" if why else "delivered",
        "tries": 1,
        "failures": int(why is not None),
        "status_code": why.code if why else 200,
        "error": why.error if why else None,
        "finished_at": at,
    }
    session.execute(insert(Delivery).values(**delivery))
    _attempt(session, row, delivery["id"], 1, at, why, chance)
    _count(session, row, at, why is not None)


def _leave_open(session: Session, row: Subscription, chance: random.Random) -> None:
    """Some that are tried again, and one that was cancelled."""
    for number, why in enumerate((*FAILURES[1:4], None)):
        at = utcnow() - timedelta(minutes=9 + 4 * number)
        last = why or FAILURES[0]
        delivery = _log(session, row, at, chance)
        delivery |= {
            "status": "retrying" if why else "cancelled",
            "tries": 2,
            "failures": 2,
            "status_code": last.code,
            "error": last.error if why else f"Cancelled by grace. Last error: {last.error}",
            "finished_at": None if why else utcnow(),
        }
        session.execute(insert(Delivery).values(**delivery))
        if why:
            _queue(session, row, delivery["id"], utcnow() + timedelta(hours=3 + number))
        for attempt in (1, 2):
            started = at + timedelta(minutes=attempt)
            _attempt(session, row, delivery["id"], attempt, started, last, chance)


def _queue(session: Session, row: Subscription, delivery_id: str, at: datetime) -> None:
    session.execute(
        insert(Queued).values(
            delivery_id=delivery_id, subscription_id=row.id, due_at=at, delayed=True, tries=2
        )
    )


def _log(
    session: Session, row: Subscription, at: datetime, chance: random.Random
) -> dict[str, Any]:
    """Insert an event; the columns of its delivery that do not depend on how it ends."""
    kind = CATALOGUE[chance.choice(row.event_types)]
    event_id, delivery_id = _id_at("evt", at, chance), _id_at("msg", at, chance)
    session.execute(
        insert(Event).values(
            id=event_id,
            organisation_id=row.organisation_id,
            mode="live",
            type=kind.name,
            subject_type="chatbot",
            subject_id="bot_demo",
            data=orjson.dumps(_data(kind, chance)).decode(),
            origin="api",
            fan_out=1,
            occurred_at=at,
            created_at=at,
        )
    )
    return {
        "id": delivery_id,
        "organisation_id": row.organisation_id,
        "mode": "live",
        "subscription_id": row.id,
        "event_id": event_id,
        "trigger": "event",
        "wire_format": "standard",
        "created_at": at,
    }


def _data(kind: EventType, chance: random.Random) -> dict[str, Any]:
    """The sample, about somebody else each time."""
    name = chance.choice(NAMES)
    own: dict[str, Any] = {"name": name, "email": f"{name.split()[0].lower()}@example.com"}
    if kind.object == "customer":
        own = {"name": chance.choice(COMPANIES), "annual_value": chance.randrange(4, 90) * 1000}
    elif kind.object == "task":
        own = {"title": chance.choice(TASKS), "assignee": own["email"]}
    elif kind.object == "onboarding":
        own = {"progress_percent": chance.randrange(5, 100)}
    return dict(kind.sample) | own


def _attempt(
    session: Session,
    row: Subscription,
    delivery_id: str,
    number: int,
    at: datetime,
    why: Failure | None,
    chance: random.Random,
) -> None:
    took = int(chance.lognormvariate(4, 0.6))
    headers = {"webhook-id": delivery_id, "content-type": "application/json"}
    connected = why is None or why.code is not None
    session.execute(
        insert(Attempt).values(
            delivery_id=delivery_id,
            number=number,
            outcome="failed" if why else "succeeded",
            failure=why.kind if why else None,
            error=why.error if why else None,
            status_code=why.code if why else 200,
            url=row.url,
            request_headers=orjson.dumps(headers).decode(),
            response_headers='[["content-type","text/plain"]]' if connected else "[]",
            response_body=why.body if why else b"ok",
            response_truncated=False,
            started_at=at,
            duration_ms=15_000 if why and why.kind == "timeout" else took + 12,
            queue_ms=chance.randrange(2, 30),
            lookup_ms=3,
            connect_ms=4 if connected else None,
            tls_ms=5 if connected else None,
            first_byte_ms=took if connected else None,
            body_ms=0 if connected else None,
            address="203.0.113.7" if connected else None,
            http_version="2" if connected else None,
            tls_version="1.3" if connected else None,
            certificate_ends_at=at + timedelta(days=61) if connected else None,
        )
    )


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
