"""Forgetting what is older than its retention, in small transactions."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, Table, and_, delete, or_, select, true

from webhooks_app.lib.ids import floor_id
from webhooks_app.models import (
    Attempt,
    ChatMessage,
    Conversation,
    Delivery,
    DeliveryStat,
    Event,
    InboxRequest,
)
from webhooks_app.vocabulary import Trigger

BATCH = 5000
INBOX_DAYS = 7

EVENTS = cast(Table, Event.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
ATTEMPTS = cast(Table, Attempt.__table__)
CONVERSATIONS = cast(Table, Conversation.__table__)
MESSAGES = cast(Table, ChatMessage.__table__)
STATS = cast(Table, DeliveryStat.__table__)
REQUESTS = cast(Table, InboxRequest.__table__)


def delete_expired(engine: Engine, now: datetime, days: int) -> int:
    """Delete what is older than `days`, but for deliveries that still wait. Returns rows deleted.

    Ids sort by time, so each range is a walk over a primary key.
    """
    before = now - timedelta(days=days)
    unix = before.timestamp()
    waiting = select(DELIVERIES.c.id).where(
        DELIVERIES.c.due_at.is_not(None), DELIVERIES.c.id < floor_id("msg", unix)
    )
    needed = select(DELIVERIES.c.event_id).where(
        or_(DELIVERIES.c.due_at.is_not(None), DELIVERIES.c.trigger != Trigger.EVENT.value),
        DELIVERIES.c.event_id < floor_id("evt", unix),
    )
    return (
        _delete(
            engine,
            ATTEMPTS,
            ATTEMPTS.c.delivery_id,
            floor_id("msg", unix),
            ATTEMPTS.c.delivery_id.not_in(waiting),
        )
        + _delete(
            engine,
            DELIVERIES,
            DELIVERIES.c.id,
            floor_id("msg", unix),
            DELIVERIES.c.due_at.is_(None),
        )
        + _delete(engine, EVENTS, EVENTS.c.id, floor_id("evt", unix), EVENTS.c.id.not_in(needed))
        + _delete(engine, MESSAGES, MESSAGES.c.id, floor_id("cms", unix), true())
        + _delete(
            engine,
            CONVERSATIONS,
            CONVERSATIONS.c.id,
            floor_id("cnv", unix),
            and_(CONVERSATIONS.c.updated_at < before, CONVERSATIONS.c.ends_at.is_(None)),
        )
        + _delete_stats(engine, before)
    )


def delete_old_requests(engine: Engine, now: datetime) -> int:
    """Delete what inboxes were sent more than `INBOX_DAYS` ago. Returns rows deleted."""
    oldest = floor_id("req", (now - timedelta(days=INBOX_DAYS)).timestamp())
    return _delete(engine, REQUESTS, REQUESTS.c.id, oldest, true())


def _delete(engine: Engine, table: Table, key: Any, below: str, keep: Any) -> int:
    total = 0
    while True:
        batch = select(key).where(key < below, keep).order_by(key).limit(BATCH).scalar_subquery()
        with engine.begin() as connection:
            deleted = connection.execute(delete(table).where(key.in_(batch))).rowcount
        total += deleted
        if deleted == 0:
            return total


def _delete_stats(engine: Engine, before: datetime) -> int:
    with engine.begin() as connection:
        return connection.execute(delete(STATS).where(STATS.c.hour < before)).rowcount
