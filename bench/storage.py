"""What PostgreSQL writes for a delivery over its whole life, and what a claim costs in bad times.

Events are accepted, claimed, recorded and deleted by the product's own functions; nothing is sent.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from statistics import fmean
from time import monotonic, perf_counter, sleep
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, text, update

from bench.support import product, settle, sizes
from tests import factories
from tests.support.slices import finish
from webhooks_app.channels.contract import Claimed, Tried
from webhooks_app.channels.outcome import Outcome, Trace
from webhooks_app.deliveries.retention import expired
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.floors import Floors
from webhooks_app.engine.record import Result, record_results
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.ingest.one_statement import store_plain
from webhooks_app.ingest.selection import select_before
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.models import Queued, Subscription

LEASE = timedelta(seconds=30)
TOGETHER = 25  # events in one commit
WHOLLY_EXPIRED = timedelta(days=120)  # a partition goes once all of it has expired
BATCH = 500  # deliveries in one claim and in one record
LOOKS = 20
URL = "https://receiver.example/hook"
PAYLOAD = '{"email":"ada@example.com","message":"%s"}' % ("x" * 279)  # 320 bytes
HEADERS = {
    "User-Agent": "Hookline-Webhooks/1.0",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
    "webhook-id": "",
    "webhook-timestamp": "",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
}
ANSWER = (("content-type", "application/json"), ("server", "nginx"), ("content-length", "11"))
POSITION = "SELECT pg_current_wal_flush_lsn()::text"
# Records, and apart from them the pages that are written whole after a checkpoint.
WRITTEN = """
    SELECT sum(record_size)::float, sum(fpi_size)::float
    FROM pg_get_wal_stats(:since, :until)"""
COPY = """
    INSERT INTO subscriptions SELECT (jsonb_populate_record(
        NULL::subscriptions,
        to_jsonb(s) || jsonb_build_object('id', 'sub_' || lpad(n::text, 26, '0'))
    )).*
    FROM subscriptions AS s, generate_series(1, :count) AS n WHERE s.id = :id"""

Step = Callable[[], object]


def run_wal(count: int) -> dict[str, Any]:
    """WAL and disk of each delivery, from accept to delete. The limit is the goal: 2.5 kB.

    Then the same of events with an id of their producer.
    """
    total, found = _wal(count)
    with_ids, found_with_ids = _wal(count, ids=True)
    return {
        "deliveries": count,
        **found,
        "bytes_each": total,
        **{f"with_ids_{name}": value for name, value in found_with_ids.items()},
        "with_ids_bytes_each": with_ids,
        "ratio": round(2500 / total, 3),
    }


def _wal(count: int, ids: bool = False) -> tuple[int, dict[str, int]]:
    with product():
        organisation = factories.organisation()
        tenant = factories.tenant(organisation)
        factories.webhook(organisation, URL)
        deliver(tenant, count // 10)
        settle()
        found: dict[str, int] = {}
        before = sizes()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_walinspect"))
            for name, step in _life(tenant, count, ids):
                connection.execute(text("CHECKPOINT"))
                since = connection.scalar(text(POSITION))
                step()
                until = connection.scalar(text(POSITION))
                records, pages = _written(connection, since, until)
                found |= {
                    f"{name}_bytes_each": round(records / count),
                    f"{name}_whole_pages_bytes_each": round(pages / count),
                }
                if name == "record":
                    found |= {
                        f"{table}_disk_bytes_each": round((size - before[table]) / count)
                        for table, size in sizes().items()
                    }
        total = sum(found[f"{name}_bytes_each"] for name in ("accept", "claim", "record", "delete"))
        return total, found


def run_snapshot(count: int, seconds: float) -> dict[str, Any]:
    """A claim after `count` deliveries, with a snapshot open all that time, beside one without."""
    with product():
        organisation = factories.organisation()
        tenant = factories.tenant(organisation)
        for _ in range(50):
            factories.webhook(organisation, URL)
        floors = Floors()
        deliver(tenant, 5000, 50, floors)
        settle()
        before = _claims(tenant, floors, seconds)
        with _open_snapshot():
            deliver(tenant, count, 50, floors)
            during = _claims(tenant, floors, seconds)
        return _compared(before, during) | {"deliveries": count}


def run_waiting(count: int, seconds: float) -> dict[str, Any]:
    """A claim beside `count` subscriptions that wait for a retry, and one beside none."""
    with product():
        organisation = factories.organisation()
        tenant = factories.tenant(organisation)
        for _ in range(50):
            factories.webhook(organisation, URL)
        template = factories.webhook(organisation, URL, event_types=["lead.updated"])
        deliver(tenant, 5000, fan_out=50)
        settle()
        floors = Floors()
        before = _claims(tenant, floors, seconds)
        _subscriptions_that_wait(template, count)
        settle()
        during = _claims(tenant, floors, seconds)
        return _compared(before, during) | {"waiting": count}


def deliver(tenant: Tenant, count: int, fan_out: int = 1, floors: Floors | None = None) -> None:
    """Accept, claim and record `count` deliveries."""
    step = 5000
    for start in range(0, count, step):
        accept(tenant, min(step, count - start) // fan_out)
        for claimed in claims(floors):
            record(claimed)


def accept(tenant: Tenant, count: int, ids: bool = False) -> None:
    """Events, with ids of their producer or without."""
    for start in range(0, count, TOGETHER):
        leads = [
            factories.lead(data=PAYLOAD, source_id=str(uuid4()) if ids else None)
            for _ in range(min(TOGETHER, count - start))
        ]
        asked = [IngestRequest(tenant, [one]) for one in leads]
        for one in asked:
            one.selection = select_before(db.engine, tenant, one.events)
        store_plain(db.engine, asked)
        assert all(one.done for one in asked)


def claims(floors: Floors | None = None) -> Iterator[list[Claimed]]:
    """Claims of a busy engine, until nothing is left."""
    while claimed := claim(db.engine, _request(floors), LEASE):
        yield claimed


def record(claimed: Sequence[Claimed]) -> None:
    record_results(db.engine, [_delivered(one) for one in claimed])


def _request(floors: Floors | None) -> ClaimRequest:
    ids = db.session.scalars(db.select(Subscription.id).limit(100)).all()
    db.session.rollback()
    free = dict.fromkeys(ids, max(16, BATCH // len(ids)))
    return ClaimRequest(limit=BATCH, free=free, floors=floors or Floors())


def _delivered(claimed: Claimed) -> Result:
    began = utcnow()
    outcome = Outcome(
        None,
        None,
        began,
        0.02,
        status_code=200,
        response_headers=ANSWER,
        response_body=b'{"ok":true}',
        trace=Trace(first_byte_ms=20, address="192.0.2.1", http_version="1.1"),
    )
    second = str(int(began.timestamp()))
    headers = HEADERS | {"webhook-id": claimed.delivery_id, "webhook-timestamp": second}
    return Result(claimed, Tried(URL, outcome, headers), None)


def _life(tenant: Tenant, count: int, ids: bool) -> Iterator[tuple[str, Step]]:
    taken: list[list[Claimed]] = []
    yield "accept", lambda: accept(tenant, count, ids)
    yield "claim", lambda: taken.extend(claims())
    yield "record", lambda: [record(one) for one in taken]
    yield "delete", lambda: finish(expired(db.engine, utcnow() + WHOLLY_EXPIRED, 90))


def _written(connection: Connection, since: object, until: object) -> tuple[float, float]:
    row = connection.execute(text(WRITTEN), {"since": since, "until": until}).one()
    return row[0], row[1]


@contextmanager
def _open_snapshot() -> Iterator[None]:
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT count(*) FROM engines"))
        yield


Cost = dict[str, float]


def _claims(tenant: Tenant, floors: Floors, seconds: float) -> Cost:
    """Means over some seconds, of claims of `BATCH` and of looking whether anything is due when
    nothing is: an engine forgets its floors every few seconds.
    """
    looks = []
    for _ in range(LOOKS):
        looks.append(_timed(lambda: anything_due(db.engine, floors)))
        sleep(seconds / 4 / LOOKS)
    found, began = [], monotonic()
    while monotonic() - began < seconds:
        accept(tenant, BATCH // 50)
        request = _request(floors)
        started = perf_counter()
        claimed = claim(db.engine, request, LEASE)
        found.append((perf_counter() - started) * 1000)
        record(claimed)
    return {"claim_ms": fmean(found), "look_ms": fmean(looks)}


def _timed(step: Step) -> float:
    began = perf_counter()
    step()
    return (perf_counter() - began) * 1000


def _compared(before: Cost, during: Cost) -> dict[str, Any]:
    return {
        **{f"{name}_before": round(value, 2) for name, value in before.items()},
        **{name: round(value, 2) for name, value in during.items()},
        "look_ratio": round(during["look_ms"] / before["look_ms"], 2),
        "ratio": round(during["claim_ms"] / before["claim_ms"], 2),
    }


def _subscriptions_that_wait(template: Subscription, count: int) -> None:
    id_, organisation_id = template.id, template.organisation_id
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text(COPY), {"count": count, "id": id_})
    due = utcnow() + timedelta(hours=1)
    rows = [
        (new_id("msg"), organisation_id, "live", f"sub_{n:026}", new_id("evt"))
        + ("event", None, "standard", "retrying", 1, 1, due)
        for n in range(1, count + 1)
    ]
    with db.engine.begin() as connection:
        enqueue(connection, rows)
        connection.execute(update(Queued).where(Queued.due_at == due).values(delayed=True))
