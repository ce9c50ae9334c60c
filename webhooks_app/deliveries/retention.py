"""Delete what is older than its retention, in small transactions."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    Table,
    and_,
    delete,
    exists,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from webhooks_app.database.bulk import force_index_scans
from webhooks_app.lib.ids import floor_id
from webhooks_app.models import (
    Attempt,
    AuditEntry,
    ChatMessage,
    Conversation,
    Delivery,
    DeliveryStat,
    Event,
    InboxRequest,
    Notification,
    Outage,
    ReplayBatch,
    Subscription,
)
from webhooks_app.vocabulary import Mode

BATCH = 5000
EVENTS_BATCH = 500
INBOX_DAYS = 7

EVENTS = cast(Table, Event.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
AUDIT_LOG = cast(Table, AuditEntry.__table__)
ATTEMPTS = cast(Table, Attempt.__table__)
CONVERSATIONS = cast(Table, Conversation.__table__)
MESSAGES = cast(Table, ChatMessage.__table__)
STATS = cast(Table, DeliveryStat.__table__)
OUTAGES = cast(Table, Outage.__table__)
REPLAYS = cast(Table, ReplayBatch.__table__)
REQUESTS = cast(Table, InboxRequest.__table__)
NOTIFICATIONS = cast(Table, Notification.__table__)
# Written exactly as in the two partial indexes by event: otherwise the database uses neither.
PLANNED: ColumnElement[str] = literal_column("'event'")
IS_OPEN = DELIVERIES.c.due_at.is_not(None)
PLANNED_OR_AGAIN = (DELIVERIES.c.trigger == PLANNED, DELIVERIES.c.trigger != PLANNED)


def delete_expired(engine: Engine, now: datetime, days: int) -> int:
    """Delete what is older than `days`, except waiting deliveries. Returns rows deleted.

    Ids sort by time, so each range is a walk over a primary key.
    """
    before = now - timedelta(days=days)
    unix = before.timestamp()
    waiting = exists().where(DELIVERIES.c.id == ATTEMPTS.c.delivery_id, IS_OPEN)
    planned, again = (
        exists().where(DELIVERIES.c.event_id == EVENTS.c.id, which) for which in PLANNED_OR_AGAIN
    )
    needed = or_(planned.where(IS_OPEN), again)
    return (
        _delete(
            engine,
            ATTEMPTS,
            ATTEMPTS.c.delivery_id,
            floor_id("msg", unix),
            not_(waiting),
        )
        + _delete(
            engine,
            DELIVERIES,
            DELIVERIES.c.id,
            floor_id("msg", unix),
            DELIVERIES.c.due_at.is_(None),
        )
        + _delete(engine, EVENTS, EVENTS.c.id, floor_id("evt", unix), not_(needed))
        + _delete(engine, OUTAGES, OUTAGES.c.id, floor_id("out", unix), true())
        + _delete(engine, MESSAGES, MESSAGES.c.id, floor_id("cms", unix), true())
        + _delete(
            engine,
            CONVERSATIONS,
            CONVERSATIONS.c.id,
            floor_id("cnv", unix),
            and_(CONVERSATIONS.c.updated_at < before, CONVERSATIONS.c.ends_at.is_(None)),
        )
        + _delete(
            engine,
            REPLAYS,
            REPLAYS.c.id,
            floor_id("rpl", unix),
            REPLAYS.c.finished_at.is_not(None),
        )
        + _delete_stats(engine, before)
    )


def delete_expired_of(engine: Engine, organisation_id: str, now: datetime, days: int) -> int:
    """The same for one organisation, whose plan keeps data for less time. Returns rows deleted.

    An event and its deliveries are deleted together, once none of them waits or is newer, so that
    the remaining rows still add up.
    """
    before = now - timedelta(days=days)
    expired = _expired_events(organisation_id, before.timestamp())
    total = 0
    while True:
        with engine.begin() as connection:
            force_index_scans(connection)
            ids = connection.scalars(expired).all()
            for planned in PLANNED_OR_AGAIN:
                which = planned & DELIVERIES.c.event_id.in_(ids)
                deliveries = select(DELIVERIES.c.id).where(which)
                attempts = delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(deliveries))
                total += connection.execute(attempts).rowcount
                total += connection.execute(delete(DELIVERIES).where(which)).rowcount
            total += connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids))).rowcount
        if len(ids) < EVENTS_BATCH:
            break
    total += _delete_conversations_of(engine, organisation_id, before)
    own = Notification.in_organisation(organisation_id)
    total += _delete(
        engine, NOTIFICATIONS, NOTIFICATIONS.c.id, floor_id("ntf", before.timestamp()), own
    )
    return total + _delete_stats(engine, before, organisation_id)


def _expired_events(organisation_id: str, before: float) -> Select[str]:
    planned, again = PLANNED_OR_AGAIN
    of_event = DELIVERIES.c.event_id == EVENTS.c.id
    is_younger = DELIVERIES.c.id >= floor_id("msg", before)
    return (
        select(EVENTS.c.id)
        .where(
            Event.in_organisation(organisation_id),
            EVENTS.c.mode.in_([mode.value for mode in Mode]),
            EVENTS.c.id < floor_id("evt", before),
            not_(exists().where(of_event, planned, IS_OPEN)),
            not_(exists().where(of_event, again, IS_OPEN | is_younger)),
        )
        .limit(EVENTS_BATCH)
    )


def _delete_conversations_of(engine: Engine, organisation_id: str, before: datetime) -> int:
    """Delete ended conversations with their messages. Returns rows deleted."""
    expired = (
        select(CONVERSATIONS.c.id)
        .where(
            Conversation.in_organisation(organisation_id),
            CONVERSATIONS.c.id < floor_id("cnv", before.timestamp()),
            CONVERSATIONS.c.updated_at < before,
            CONVERSATIONS.c.ends_at.is_(None),
        )
        .limit(EVENTS_BATCH)
    )
    total = 0
    while True:
        with engine.begin() as connection:
            ids = connection.scalars(expired.with_for_update()).all()
            messages = delete(MESSAGES).where(MESSAGES.c.conversation.in_(ids))
            total += connection.execute(messages).rowcount
            own = delete(CONVERSATIONS).where(CONVERSATIONS.c.id.in_(ids))
            total += connection.execute(own).rowcount
        if len(ids) < EVENTS_BATCH:
            return total


def delete_old_requests(engine: Engine, now: datetime) -> int:
    """Delete what inboxes received more than `INBOX_DAYS` ago. Returns rows deleted."""
    oldest = floor_id("req", (now - timedelta(days=INBOX_DAYS)).timestamp())
    return _delete(engine, REQUESTS, REQUESTS.c.id, oldest, true())


def delete_old_notifications(engine: Engine, now: datetime, days: int) -> int:
    """Delete notifications that are more than `days` old. Returns rows deleted."""
    oldest = floor_id("ntf", (now - timedelta(days=days)).timestamp())
    return _delete(engine, NOTIFICATIONS, NOTIFICATIONS.c.id, oldest, true())


def delete_old_audit_entries(
    engine: Engine, now: datetime, days: int, organisation_id: str | None = None
) -> int:
    """Delete audit entries more than `days` old, of one organisation or all.

    Returns rows deleted.
    """
    oldest = floor_id("aud", (now - timedelta(days=days)).timestamp())
    own = AuditEntry.in_organisation(organisation_id) if organisation_id else true()
    return _delete(engine, AUDIT_LOG, AUDIT_LOG.c.id, oldest, own)


def _delete(engine: Engine, table: Table, key: Any, below: str, keep: Any) -> int:
    total = 0
    while True:
        batch = select(key).where(key < below, keep).order_by(key).limit(BATCH).scalar_subquery()
        with engine.begin() as connection:
            force_index_scans(connection)
            deleted = connection.execute(delete(table).where(key.in_(batch))).rowcount
        total += deleted
        if deleted == 0:
            return total


def _delete_stats(engine: Engine, before: datetime, organisation_id: str | None = None) -> int:
    expired = delete(STATS).where(STATS.c.hour < before)
    if organisation_id is not None:
        own = select(Subscription.id).where(Subscription.in_organisation(organisation_id))
        expired = expired.where(STATS.c.subscription_id.in_(own))
    with engine.begin() as connection:
        return connection.execute(expired).rowcount
