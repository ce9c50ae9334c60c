"""Send due digests, preview one, and send one right now on request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import orjson
import structlog
from sqlalchemy import Connection, Engine, Table, delete, select
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.catalogue.system import DIGEST
from webhooks_app.channels.email.digest import Summary, summary_of
from webhooks_app.database import clock, read_transaction, upsert
from webhooks_app.database.bulk import insert_rows
from webhooks_app.digests.content import Scope, content_of, is_empty
from webhooks_app.digests.schedule import (
    Period,
    Schedule,
    last_complete,
    parse_schedule,
    window,
)
from webhooks_app.engine.switching_off import UNREADABLE, disable
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.mail import service as mail
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import Candidate, check_readable
from webhooks_app.matching.rows import EVENT_COLUMNS, delivery_rows, event_row
from webhooks_app.models import Digest, Event, Mail, Organisation, Subscription
from webhooks_app.vocabulary import ChannelName, EventOrigin, Trigger

TEMPLATE = "digest"
# Other template values, for a digest that no action sends.
UNADDRESSED = {"subject": "", "test": False, "unsubscribe": ""}

# Events are counted by id, and an event gets its id a moment before it is committed. This is longer
# than any such transaction and than the difference between machines' clocks.
SETTLED_AFTER = timedelta(minutes=1)
KEPT = timedelta(days=90)

EVENTS = cast(Table, Event.__table__)
DIGESTS = cast(Table, Digest.__table__)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """The organisation of a digest. `action` is the name of the action that sends it."""

    tenant: Tenant
    organisation: str
    action: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Due:
    subscription: Subscription
    organisation: str
    schedule: Schedule
    window: Period


def send_due(database: Engine, now: datetime) -> int:
    """Make the digests due at `now`: an event and its delivery, or a note that nothing happened.

    Returns how many were sent. Each window is sent once, even when several runs overlap. A digest
    that fails is logged, delays no other, and is tried again by the next run.
    """
    sent = 0
    for due in _due(database, now - SETTLED_AFTER):
        try:
            sent += _send(database, due, now)
        except Exception:
            log.exception("digest not made", subscription=due.subscription.id)
    if sent:
        queue.nudge()
    return sent


def preview(session: Session, told: Told, schedule: Schedule, now: datetime) -> Summary:
    """The text of the digest for the last complete window."""
    period = last_complete(schedule, now - SETTLED_AFTER)
    return summary_of(_data(session, told, schedule, period))


def last_digest(session: Session, row: Subscription, now: datetime) -> Incoming:
    """The event of the digest for the last complete window, for a test."""
    organisation = session.get_one(Organisation, row.organisation_id)
    schedule = parse_schedule(row.schedule or {}, organisation.time_zone)
    told, period = _told(row, organisation.name), last_complete(schedule, now - SETTLED_AFTER)
    return _incoming(told, _data(session, told, schedule, period), period)


def send_one(session: Session, told: Told, schedule: Schedule, to: str, now: datetime) -> Mail:
    """Mail that digest to `to` alone, committed. Scheduled digests are not affected."""
    summary = preview(session, told, schedule, now)
    row = mail.post(session, to, TEMPLATE, digest=summary, **UNADDRESSED)
    session.commit()
    mail.send_soon()
    return row


def _due(database: Engine, now: datetime) -> list[Due]:
    last_end = (
        select(Digest.window_end)
        .where(Digest.subscription_id == Subscription.id)
        .order_by(Digest.window_start.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Subscription, Organisation, last_end)
        .join(Organisation, Organisation.id == Subscription.organisation_id)
        .where(
            Subscription.schedule.is_not(None),
            Subscription.channel == ChannelName.EMAIL.value,
            Subscription.enabled,
            Subscription.deleted_at.is_(None),
        )
        .order_by(Subscription.id)
    )
    with _reading(database) as session:
        rows = session.execute(query).all()
    found: list[Due] = []
    unreadable: list[str] = []
    for row, organisation, told_until in rows:
        try:
            found += _due_of(row, organisation, told_until, now)
        except ValueError as error:
            log.error("digest not made", subscription=row.id, reason=str(error))
            unreadable.append(row.id)
    if unreadable:
        with database.begin() as connection:
            disable(connection, unreadable, UNREADABLE)
    return found


def _due_of(
    row: Subscription, organisation: Organisation, last_end: datetime | None, now: datetime
) -> Iterator[Due]:
    """Raises ValueError when the action's row cannot be used."""
    since = row.digest_since or row.created_at
    check_readable(row)
    Candidate.of(row)
    schedule = parse_schedule(row.schedule or {}, organisation.time_zone)
    if found := window(schedule, max(last_end or since, since), now):
        yield Due(row, organisation.name, schedule, found)


def _send(database: Engine, due: Due, now: datetime) -> bool:
    """Send one window.

    The counts are read before the transaction that claims the window, so that it is short. They
    cannot change: their time is over.
    """
    row, schedule, told = due.subscription, due.schedule, _told(due.subscription, due.organisation)
    tenant = told.tenant
    with _reading(database) as session:
        data = _data(session, told, schedule, due.window)
    skipped = schedule.skip_empty and is_empty(data)
    event = event_row(tenant, _incoming(told, data, due.window), 1, now, EventOrigin.API)
    event_id = None if skipped else event[0]
    with database.begin() as connection:
        if not _claim(connection, due, event_id, now):
            return False
        if event_id is not None:
            to = [Candidate.of(row)]
            deliveries = delivery_rows(tenant, event_id, to, clock(connection), Trigger.EVENT)
            insert_rows(connection, EVENTS, EVENT_COLUMNS, [event])
            enqueue(connection, deliveries)
    return not skipped


def _claim(connection: Connection, due: Due, event_id: str | None, now: datetime) -> bool:
    """Claim the window: True for only one run.

    False for all if the action was changed, switched off or deleted since it was read. Its row is
    locked, so changes wait.
    """
    row = due.subscription
    same = select(Subscription.id).where(
        Subscription.id == row.id, Subscription.revision == row.revision
    )
    if connection.scalar(same.with_for_update()) is None:
        return False
    claim = upsert(connection, DIGESTS).values(
        id=new_id("dig"),
        subscription_id=row.id,
        window_start=due.window.start,
        window_end=due.window.end,
        event_id=event_id,
        skipped=event_id is None,
        created_at=now,
    )
    unclaimed = claim.on_conflict_do_nothing().returning(DIGESTS.c.id)
    if connection.scalar(unclaimed) is None:
        return False
    connection.execute(
        delete(DIGESTS).where(
            DIGESTS.c.subscription_id == row.id, DIGESTS.c.window_end < due.window.start - KEPT
        )
    )
    return True


@contextmanager
def _reading(database: Engine) -> Iterator[Session]:
    """A read transaction that waits for no writer; the objects read stay usable."""
    with read_transaction(database) as connection, Session(connection) as session:
        yield session


def _told(row: Subscription, organisation: str) -> Told:
    scope = (row.scope_type, row.scope_id) if row.scope_type and row.scope_id else None
    return Told(Tenant(row.organisation_id, row.mode), organisation, row.name, scope)


def _incoming(told: Told, data: Mapping[str, object], period: Period) -> Incoming:
    text = orjson.dumps(data).decode()
    return Incoming(type=DIGEST, data=text, occurred_at=period.end, subject=told.scope)


def _data(session: Session, told: Told, schedule: Schedule, period: Period) -> dict[str, object]:
    """The `data` of an `action.digest` event."""
    scope = {"type": told.scope[0], "id": told.scope[1]} if told.scope else None
    return {
        "organisation": told.organisation,
        "action": told.action,
        "scope": scope,
        **content_of(session, told.tenant, told.scope, schedule, period),
    }
