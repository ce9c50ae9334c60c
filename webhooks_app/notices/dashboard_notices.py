"""Notifications for the dashboard; at most one of a kind for a subscription in a quiet period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, insert, select

from webhooks_app.channels.contract import Claimed
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Notification, Subscription

QUIET = timedelta(hours=1)
FAILED = "delivery_failed"
UNTRIED = "conditions_untried"
UNREADABLE = "settings_unreadable"
NOTIFICATIONS = cast(Table, Notification.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)


@dataclass(frozen=True, slots=True)
class NoticeOf:
    organisation_id: str
    mode: str
    subscription_id: str | None = None
    delivery_id: str | None = None


def notify(
    connection: Connection, about: NoticeOf, kind: str, title: str, body: str, now: datetime
) -> bool:
    """Store a notification, unless one of this kind is newer than `QUIET`. True when stored."""
    notifications = NOTIFICATIONS.c
    recent = select(notifications.id).where(
        Notification.in_organisation(about.organisation_id),
        notifications.subscription_id == about.subscription_id,
        notifications.kind == kind,
        notifications.created_at > now - QUIET,
    )
    if connection.execute(recent.limit(1)).first():
        return False
    connection.execute(
        insert(NOTIFICATIONS).values(
            id=new_id("ntf"),
            organisation_id=about.organisation_id,
            mode=about.mode,
            kind=kind,
            subscription_id=about.subscription_id,
            delivery_id=about.delivery_id,
            title=title,
            body=body,
            created_at=now,
            # Mails report how many failures there were, by the subscription's counters.
            mail_due=kind != FAILED and about.subscription_id is not None,
        )
    )
    return True


def notify_untried(connection: Connection, subscription_id: str, now: datetime) -> None:
    """Notify members that an event was too long for a subscription's conditions."""
    query = select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription_id)
    if (row := connection.execute(query).first()) is not None:
        notify(
            connection,
            NoticeOf(row.organisation_id, row.mode, row.id),
            UNTRIED,
            f"{row.name}: conditions were not tried",
            "An event had so much text that some conditions were not tried. They count as not "
            "matched, so nothing was sent. Use fewer or shorter patterns.",
            now,
        )


def notify_chat_unreadable(connection: Connection, tenant: Tenant, now: datetime) -> None:
    """Notify members that the chat settings cannot be read."""
    notify(
        connection,
        NoticeOf(tenant.organisation_id, tenant.mode),
        UNREADABLE,
        "Chats: the settings cannot be read",
        "The default patterns are used instead. Open Settings, Chat and save the settings again.",
        now,
    )


def notify_chat_untried(connection: Connection, tenant: Tenant, now: datetime) -> None:
    """Notify members that messages were too long for the patterns of the chat settings."""
    notify(
        connection,
        NoticeOf(tenant.organisation_id, tenant.mode),
        UNTRIED,
        "Chats: patterns were not tried",
        "Messages had so much text that some patterns in Settings, Chat were not tried. They "
        "count as not found. Use fewer or shorter patterns.",
        now,
    )


def notify_failed(connection: Connection, failed: Mapping[str, Claimed]) -> None:
    """Notify members which subscriptions have failed deliveries; `failed` is by subscription."""
    subscriptions = SUBSCRIPTIONS.c
    named = connection.execute(
        select(
            subscriptions.id, subscriptions.name, subscriptions.organisation_id, subscriptions.mode
        )
        .where(subscriptions.id.in_(sorted(failed)))
        .order_by(subscriptions.id)
    )
    for row in named.all():
        claimed = failed[row.id]
        tries = f"{claimed.number} {'try' if claimed.number == 1 else 'tries'}"
        notify(
            connection,
            NoticeOf(row.organisation_id, row.mode, row.id, claimed.delivery_id),
            FAILED,
            f"{row.name}: a delivery failed permanently",
            f"{claimed.event_type} could not be delivered after {tries}.",
            utcnow(),
        )
