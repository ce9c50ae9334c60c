"""Ninety days of an organisation, as the engine would have left them, but written in bulk."""

import random
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import Engine, Table, insert

from bench.multiplied import multiply
from bench.support import partition_since
from tests import factories
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.database import choose
from webhooks_app.database.bulk import insert_rows
from webhooks_app.engine import tallies
from webhooks_app.engine.record import ATTEMPT_COLUMNS
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.packed_headers import MASK, pack, pack_received
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.enqueue import DELIVERIES, QUEUE, QUEUE_COLUMNS
from webhooks_app.matching.rows import DELIVERY_COLUMNS, EVENT_COLUMNS
from webhooks_app.models import (
    Attempt,
    Event,
    Notification,
    Organisation,
    ReplayBatch,
    Subscription,
)
from webhooks_app.vocabulary import WAITING, DeliveryStatus

RARE = "room.recording.transcript.published"
COMMON = [name for name, kind in CATALOGUE.items() if not kind.is_system and name != RARE]
RARE_SHARE = 0.00005
DAYS = timedelta(days=90)
HOUR = timedelta(hours=1)
LOT = 200_000  # deliveries that are written, before the database copies them
RETRIED_FOR = timedelta(hours=6)
NOT_SENT_YET = timedelta(minutes=2)
CHUNK = 20_000
DELIVERIES_OF_AN_EVENT = 2.1
STATE_COLUMNS = (*DELIVERY_COLUMNS, "status_code", "error", "finished_at")
CONDITIONS = [{"field": "data.email", "operator": "contains", "value": "@example.com"}]
ANSWERS = ((503, "The endpoint answered 503."), (500, "The endpoint answered 500."))
ANSWERS += ((404, "The endpoint answered 404."), (None, "No answer within 15 seconds."))
ENDINGS = {"delivered": (200, None), "pending": (None, None)}
# Without the id of the delivery and the second, which are added when it is read.
REQUEST = pack(
    {
        "User-Agent": "Hookline-Webhooks/1.0",
        "Content-Type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": "0",
        "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        "authorization": MASK,
    },
    "msg_1",
    datetime.fromtimestamp(0, UTC),
)
NOTE = (
    "The visitor asked for prices of twelve seats, whether Saturdays are possible, and would like "
    "to be called back before the end of the week. The offer of last month was read and liked. "
) * 2
RESPONSE = pack_received(
    [("content-type", "application/json"), ("server", "nginx"), ("content-length", "11")]
)


class Rows(NamedTuple):
    """The rows of each table; `tries` are what the statistics count."""

    events: list[tuple[Any, ...]]
    deliveries: list[tuple[Any, ...]]
    queue: list[tuple[Any, ...]]
    attempts: list[tuple[Any, ...]]
    tries: list[tallies.Try]


class History:
    """An organisation's history with that many webhooks and actions, some busy, some quiet."""

    def __init__(self, name: str, webhooks: int, actions: int) -> None:
        self._chance = random.Random(7)
        self._now = utcnow()
        self._serial = secrets.randbits(48)  # two histories begin in the same millisecond
        self.organisation = factories.organisation(name)
        self.subscriptions = list(_subscriptions(self.organisation, webhooks, actions))
        self._asking = {
            name: [row for row in self.subscriptions if name in row.event_types]
            for name in (*COMMON, RARE)
        }
        self._weight = {row.id: 1 / (n + 4) for n, row in enumerate(self.subscriptions)}
        self._failing = {row.id for row in self.subscriptions[::10]}

    def fill(self, count: int) -> None:
        """That many deliveries, within one percent.

        On PostgreSQL, of a long history only the oldest and the youngest part are written from
        here; what lies between are copies of the oldest.
        """
        since = (self._now - DAYS).replace(minute=0, second=0, microsecond=0)
        partition_since(since)
        step = (self._now - since) / (count / DELIVERIES_OF_AN_EVENT)
        length = ceil(DAYS / HOUR * LOT / count) * HOUR
        copies = (self._now - RETRIED_FOR - since) // length - 1
        if copies > 0 and choose(db.engine, postgresql=True, sqlite=False):
            self._write(since, since + length, step)
            multiply(self.organisation.id, length, copies)
            since += (copies + 1) * length
        self._write(since, self._now, step)
        self._beside()

    def _write(self, moment: datetime, until: datetime, step: timedelta) -> None:
        with ThreadPoolExecutor(1) as pool:
            written: Future[None] | None = None
            while moment < until:
                rows = Rows([], [], [], [], [])
                while moment < until and len(rows.events) < CHUNK:
                    self._event(rows, moment)
                    moment += step
                if written:
                    written.result()
                written = pool.submit(_write, db.engine, rows)
            if written:
                written.result()

    def _event(self, rows: Rows, at: datetime) -> None:
        chance = self._chance
        name = RARE if chance.random() < RARE_SHARE else chance.choice(COMMON)
        asking = self._asking[name]
        weights = [self._weight[row.id] for row in asking]
        told = {row.id: row for row in chance.choices(asking, weights, k=chance.randint(1, 4))}
        event_id = self._id("evt", at)
        data = _data(name, chance)
        organisation_id = self.organisation.id
        subject = ("chatbot", f"bot_{chance.randint(1, 40)}")
        rows.events.append(
            (event_id, organisation_id, "live", name, *subject, data)
            + ("api", len(told), None, None, at, at, None, 0, None, None)
        )
        for subscription in told.values():
            self._delivery(rows, subscription, event_id, at)

    def _delivery(self, rows: Rows, to: Subscription, event_id: str, at: datetime) -> None:
        delivery_id = self._id("msg", at)
        status, tries = self._ending(to, self._now - at)
        code, error = ENDINGS.get(status) or self._chance.choice(ANSWERS)
        is_open, delivered = status in WAITING, status == "delivered"
        rows.deliveries.append(
            (delivery_id, self.organisation.id, "live", to.id, event_id, "event", None)
            + ("standard", status, tries, tries - delivered, at, code, error)
            + (None if is_open else at,)
        )
        if is_open:
            due = self._now + timedelta(hours=1)
            rows.queue.append((delivery_id, to.id, due, status == "retrying", tries))
        for number in range(1, tries + 1):
            self._attempt(rows, to, delivery_id, number, status if number == tries else "", at)

    def _ending(self, to: Subscription, age: timedelta) -> tuple[str, int]:
        """3 % fail and 0.5 % are cancelled."""
        if age < NOT_SENT_YET:
            return "pending", 0
        drawn = self._chance.random()
        if drawn < (0.12 if to.id in self._failing else 0.015):
            return ("retrying", 2) if age < RETRIED_FOR else ("failed", 3)
        if drawn > 0.995:
            return "cancelled", 1
        return "delivered", self._chance.choices((1, 2, 3), (93, 5, 2))[0]

    def _attempt(
        self, rows: Rows, to: Subscription, delivery_id: str, number: int, status: str, at: datetime
    ) -> None:
        well = status == "delivered"
        milliseconds = int(self._chance.lognormvariate(4.5, 0.8))
        code, error = (200, None) if well else ANSWERS[0]
        rows.attempts.append(
            (delivery_id, number, "succeeded" if well else "failed", None if well else "status")
            + (error, code, to.url, REQUEST, RESPONSE, b'{"ok":true}', False)
            + (at, milliseconds, 3, 0, 0, 0, milliseconds, 0, "192.0.2.1", "2", "1.3", None)
        )
        ended = status if status in ("delivered", "failed") else "retrying"
        rows.tries.append(tallies.Try(to.id, at, DeliveryStatus(ended), milliseconds))

    def _beside(self) -> None:
        """Notifications, a finished replay and a running one."""
        shared = {"organisation_id": self.organisation.id, "mode": "live"}
        for n in range(400):
            at = self._now - timedelta(hours=5 * (400 - n))
            row = self.subscriptions[n % len(self.subscriptions)]
            db.session.execute(
                insert(Notification).values(
                    id=self._id("ntf", at),
                    kind="delivery_failed",
                    subscription_id=row.id,
                    title=f"{row.name} has given up a delivery",
                    body="The endpoint answered 503.",
                    created_at=at,
                    **shared,
                )
            )
        for status in ("finished", "running"):
            db.session.add(
                ReplayBatch(
                    id=self._id("rpl", self._now),
                    filters={"status": "failed"},
                    delivery_ids=[],
                    end=floor_id("msg", self._now.timestamp()),
                    status=status,
                    total=500,
                    replayed=500 if status == "finished" else 200,
                    requested_by="owner@example.com",
                    created_at=self._now,
                    updated_at=self._now,
                    finished_at=self._now if status == "finished" else None,
                    **shared,
                )
            )
        db.session.commit()

    def _id(self, prefix: str, at: datetime) -> str:
        """An id as `new_id` would have made it at that time."""
        self._serial += 1
        return floor_id(prefix, at.timestamp())[:-16] + f"{self._serial:016x}"


def _write(engine: Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        insert_rows(connection, cast(Table, Event.__table__), EVENT_COLUMNS, rows.events)
        insert_rows(connection, DELIVERIES, STATE_COLUMNS, rows.deliveries)
        insert_rows(connection, QUEUE, (*QUEUE_COLUMNS, "delayed", "tries"), rows.queue)
        insert_rows(connection, cast(Table, Attempt.__table__), ATTEMPT_COLUMNS, rows.attempts)
        tallies.store(connection, rows.tries)


def _subscriptions(
    organisation: Organisation, webhooks: int, actions: int
) -> Iterator[Subscription]:
    for n in range(webhooks + actions):
        make = factories.webhook if n < webhooks else factories.action
        offsets = (0, 7, 11)[: 1 + n % 3] if n < webhooks else (0,)
        types = [COMMON[(n + offset) % len(COMMON)] for offset in offsets]
        yield make(
            organisation,
            f"https://hooks.example.com/{n}",
            name=f"Receiver {n}",
            event_types=[*types, RARE] if n < 2 else types,
            conditions=CONDITIONS if n % 2 else [],
            scope_type="chatbot" if n % 5 == 4 else None,
            scope_id=f"bot_{n % 40}" if n % 5 == 4 else None,
            headers={"authorization": "Bearer secret"},
        )


def _data(name: str, chance: random.Random) -> str:
    """The catalogue's sample and a note, 600 bytes or so."""
    sample = CATALOGUE[name].sample
    return orjson.dumps(
        {**sample, "email": f"person{chance.randint(1, 99_999)}@example.com", "note": NOTE}
    ).decode()
