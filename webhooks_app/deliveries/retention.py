"""What is deleted once it is older than its retention, as parts for `operations.slices`."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Engine, Table, select

from webhooks_app.database import partitions
from webhooks_app.deliveries.expired_events import (
    expired_events,
    orphaned_attempts,
    orphaned_deliveries,
)
from webhooks_app.deliveries.expired_partitions import expired_partitions
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import (
    AuditEntry,
    ChatMessage,
    Conversation,
    DeliveryStat,
    Event,
    InboxRequest,
    Notification,
    NotificationRead,
    Outage,
    ReplayBatch,
    Subscription,
)
from webhooks_app.operations.deleting import Change, part, walk, walk_families
from webhooks_app.operations.slices import Part
from webhooks_app.vocabulary import Mode

INBOX_DAYS = 7

AUDIT_LOG = cast(Table, AuditEntry.__table__)
CONVERSATIONS = cast(Table, Conversation.__table__)
MESSAGES = cast(Table, ChatMessage.__table__)
NOTIFICATIONS = cast(Table, Notification.__table__)
READS = cast(Table, NotificationRead.__table__)
OUTAGES = cast(Table, Outage.__table__)
REPLAYS = cast(Table, ReplayBatch.__table__)
REQUESTS = cast(Table, InboxRequest.__table__)
STATS = cast(Table, DeliveryStat.__table__)


def expired(engine: Engine, now: datetime, days: int) -> Iterator[Part]:
    """Everything older than `days`, except events with open deliveries."""
    before = now - timedelta(days=days)
    yield from expired_partitions(engine, before)
    one_by_one = min(before, partitions.dropped_from(engine, partitions.EVENTS, days) or before)
    # Orphans come first: later, the walk would pass the dead rows of what was just deleted.
    yield part(engine, "deliveries", orphaned_deliveries(one_by_one))
    yield part(engine, "attempts", orphaned_attempts(one_by_one))
    yield part(engine, "events", expired_events(one_by_one))
    yield part(engine, "outages", _older(OUTAGES, "out", before))
    yield part(engine, "messages", _older(MESSAGES, "cms", before))
    yield part(engine, "conversations", _conversations(before))
    yield part(engine, "replays", _replays(before))
    yield part(engine, "notifications", _notifications(before))
    yield part(engine, "statistics", _statistics(before))


def expired_of(engine: Engine, organisation_id: str, now: datetime, days: int) -> Iterator[Part]:
    """The same for one organisation, whose plan keeps data for less time."""
    before = now - timedelta(days=days)
    for mode in Mode:
        tenant = Tenant(organisation_id, mode)
        of = f"{organisation_id} {mode}"
        yield part(engine, "events", expired_events(before, Event.in_tenant(tenant)), of)
        outages = _older(OUTAGES, "out", before, Outage.in_tenant(tenant))
        yield part(engine, "outages", outages, of)
        yield part(engine, "replays", _replays(before, ReplayBatch.in_tenant(tenant)), of)
        notifications = _notifications(before, Notification.in_tenant(tenant))
        yield part(engine, "notifications", notifications, of)
    conversations = _conversations(before, Conversation.in_organisation(organisation_id))
    yield part(engine, "conversations", conversations, organisation_id)
    subscriptions = select(Subscription.id).where(Subscription.in_organisation(organisation_id))
    statistics = _statistics(before, STATS.c.subscription_id.in_(subscriptions))
    yield part(engine, "statistics", statistics, organisation_id)


def old_requests(engine: Engine, now: datetime) -> Part:
    """What inboxes received more than `INBOX_DAYS` ago."""
    before = now - timedelta(days=INBOX_DAYS)
    return part(engine, "requests", _older(REQUESTS, "req", before))


def old_audit_entries(
    engine: Engine, now: datetime, days: int, organisation_id: str | None = None
) -> Part:
    """Audit entries more than `days` old, of one organisation or all."""
    before = now - timedelta(days=days)
    own = [AuditEntry.in_organisation(organisation_id)] if organisation_id else []
    return part(
        engine, "audit entries", _older(AUDIT_LOG, "aud", before, *own), organisation_id or ""
    )


def _older(
    table: Table,
    prefix: str,
    before: datetime,
    *own: ColumnElement[bool],
    over: ColumnElement[bool] | None = None,
) -> Change:
    is_older = table.c.id < floor_id(prefix, before.timestamp())
    return walk(table, [table.c.id], *own, is_older, over=over)


def _replays(before: datetime, *own: ColumnElement[bool]) -> Change:
    is_over = REPLAYS.c.finished_at.is_not(None)
    return _older(REPLAYS, "rpl", before, *own, over=is_over)


def _statistics(before: datetime, *own: ColumnElement[bool]) -> Change:
    return walk(STATS, [STATS.c.subscription_id], *own, over=STATS.c.hour < before)


def _conversations(before: datetime, *own: ColumnElement[bool]) -> Change:
    """Ended conversations with their messages."""
    is_older = CONVERSATIONS.c.id < floor_id("cnv", before.timestamp())
    is_over = (CONVERSATIONS.c.updated_at < before) & CONVERSATIONS.c.ends_at.is_(None)
    return walk_families(MESSAGES.c.conversation, *own, is_older, over=is_over)


def _notifications(before: datetime, *own: ColumnElement[bool]) -> Change:
    """With the notes of who read them."""
    is_older = NOTIFICATIONS.c.id < floor_id("ntf", before.timestamp())
    return walk_families(READS.c.notification_id, *own, is_older)
