"""The first step: events and all their deliveries in one transaction."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from webhooks_app.clock import utcnow
from webhooks_app.lib.bulk import insert_rows
from webhooks_app.lib.metrics import ACCEPTED
from webhooks_app.models import Delivery, Event
from webhooks_app.pipeline.incoming import Accepted, Incoming, Tenant
from webhooks_app.pipeline.match import Matcher, matcher_for
from webhooks_app.pipeline.plan import (
    DELIVERY_COLUMNS,
    EVENT_COLUMNS,
    delivery_rows,
    event_row,
)
from webhooks_app.vocabulary import EventOrigin, Trigger

TRIES = 4
EVENTS = cast(Table, Event.__table__)
DELIVERIES = cast(Table, Delivery.__table__)


class KeyReused(Exception):
    """An idempotency key or producer's id came again with another event.

    `index` is the position of the event in what was accepted, `member` is `id` or
    `idempotency_key` (draft-ietf-httpapi-idempotency-key-header §2.7).
    """

    def __init__(self, index: int, member: str) -> None:
        super().__init__(f"this {member} was used before, for a different event")
        self.index = index
        self.member = member


def accept(session: Session, tenant: Tenant, events: Sequence[Incoming]) -> list[Accepted]:
    """Store `events` with a delivery for each subscription that matches, and commit.

    A repeat (the same key or producer's id) answers what the first did and stores nothing; that
    holds under concurrency, by the unique indexes. Raises `KeyReused`, then nothing is stored.
    """
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            accepted = _accept_once(session, tenant, events)
            session.commit()
        except (IntegrityError, OperationalError) as error:
            session.rollback()
            if last or not _lost_a_race(error):
                raise
        else:
            ACCEPTED.inc(sum(not one.repeated for one in accepted))
            return accepted
    raise AssertionError("unreachable")


def _accept_once(session: Session, tenant: Tenant, events: Sequence[Incoming]) -> list[Accepted]:
    known = _Known(session, tenant, events)
    matcher = matcher_for(session, tenant)
    now = utcnow()
    accepted: list[Accepted] = []
    event_rows: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for index, event in enumerate(events):
        before = known.find(index, event)
        if before is None:
            planned = _planned(tenant, matcher, event, now)
            event_rows.append(planned[0])
            rows += planned[1]
            before = Accepted(planned[0][0], event.type, len(planned[1]))
            known.remember(event, before)
        accepted.append(before)
    connection = session.connection()
    insert_rows(connection, EVENTS, EVENT_COLUMNS, _in_lock_order(event_rows))
    insert_rows(connection, DELIVERIES, DELIVERY_COLUMNS, rows)
    return accepted


def _planned(
    tenant: Tenant, matcher: Matcher, event: Incoming, now: Any
) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    candidates = matcher.matching(event)
    row = event_row(tenant, event, len(candidates), now, EventOrigin.API)
    return row, delivery_rows(tenant, row[0], candidates, now, Trigger.EVENT)


def _in_lock_order(event_rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Sorted by key, so that two requests with the same keys wait rather than deadlock."""
    key, source = EVENT_COLUMNS.index("idempotency_key"), EVENT_COLUMNS.index("source_id")
    return sorted(event_rows, key=lambda row: (row[key] or "", row[source] or ""))


def _lost_a_race(error: DBAPIError) -> bool:
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", "") == "40P01"


class _Known:
    """Which of `events` were accepted before, by key and by producer's id."""

    def __init__(self, session: Session, tenant: Tenant, events: Sequence[Incoming]) -> None:
        self._seen: dict[tuple[str, str], tuple[Incoming, Accepted]] = {}
        for member in ("idempotency_key", "source_id"):
            values = {value for event in events if (value := getattr(event, member))}
            if values:
                self._load(session, tenant, member, values)

    def _load(self, session: Session, tenant: Tenant, member: str, values: set[str]) -> None:
        query = select(Event).where(
            Event.organisation_id == tenant.organisation_id,
            Event.mode == tenant.mode,
            getattr(Event, member).in_(values),
        )
        for event in session.scalars(query):
            subject = (event.subject_type, event.subject_id) if event.subject_type else None
            incoming = Incoming(
                type=event.type,
                data=event.data,
                occurred_at=event.occurred_at,
                subject=cast("tuple[str, str] | None", subject),
            )
            answer = Accepted(event.id, event.type, event.fan_out, repeated=True)
            self._seen[member, getattr(event, member)] = (incoming, answer)

    def find(self, index: int, event: Incoming) -> Accepted | None:
        for member in ("idempotency_key", "source_id"):
            value = getattr(event, member)
            if value and (found := self._seen.get((member, value))):
                first, answer = found
                if (first.type, first.data, first.subject) != (
                    event.type,
                    event.data,
                    event.subject,
                ):
                    raise KeyReused(index, "id" if member == "source_id" else member)
                return answer
        return None

    def remember(self, event: Incoming, answer: Accepted) -> None:
        again = Accepted(answer.id, answer.type, answer.deliveries, repeated=True)
        for member in ("idempotency_key", "source_id"):
            if value := getattr(event, member):
                self._seen[member, value] = (event, again)
