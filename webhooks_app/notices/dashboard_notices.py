"""Notifications for the dashboard; at most one of a kind for a subscription in a quiet period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, delete, insert, select

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.outcome import Outcome
from webhooks_app.database import upsert
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Notification, NotificationRead, Subscription
from webhooks_app.vocabulary import Failure

QUIET = timedelta(hours=1)
FAILED = "delivery_failed"
UNTRIED = "conditions_untried"
UNREADABLE = "settings_unreadable"
NOTIFICATIONS = cast(Table, Notification.__table__)
READS = cast(Table, NotificationRead.__table__)
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


def notify_failed(
    connection: Connection, failed: Sequence[tuple[Claimed, Outcome]], now: datetime
) -> None:
    """Notify members of deliveries that failed permanently: once per subscription, cause and day,
    with their number.

    It is new again for those who have read it, when more fail after a quiet period.
    """
    subscriptions = SUBSCRIPTIONS.c
    by_slot = _by_slot(failed, now)
    rows = connection.execute(
        select(
            subscriptions.id, subscriptions.name, subscriptions.organisation_id, subscriptions.mode
        ).where(
            subscriptions.id.in_({claimed.subscription_id for claimed, _ in failed}),
            # Whoever develops sees it in the terminal; it is no news for the others.
            ~subscriptions.is_listener,
        )
    )
    named = {row.id: row for row in rows.all()}
    quiet = select(NOTIFICATIONS.c.id).where(
        NOTIFICATIONS.c.slot.in_(sorted(by_slot)), NOTIFICATIONS.c.last_at < now - QUIET
    )
    connection.execute(delete(READS).where(READS.c.notification_id.in_(quiet)))
    for slot, those in sorted(by_slot.items()):
        if (row := named.get(those[-1][0].subscription_id)) is not None:
            _count_failed(connection, slot, row, those, now)


def _count_failed(
    connection: Connection,
    slot: str,
    row: Any,
    failed: Sequence[tuple[Claimed, Outcome]],
    now: datetime,
) -> None:
    claimed, outcome = failed[-1]
    values = {
        "id": new_id("ntf"),
        "organisation_id": row.organisation_id,
        "mode": row.mode,
        "kind": FAILED,
        "subscription_id": row.id,
        "delivery_id": claimed.delivery_id,
        "title": f"{row.name}: deliveries failed permanently",
        "body": outcome.error or "",
        "count": len(failed),
        "cause": _cause(outcome),
        "slot": slot,
        "created_at": now,
        "last_at": now,
        "mail_due": False,
    }
    newest = {name: values[name] for name in ("delivery_id", "body", "last_at")}
    grown = NOTIFICATIONS.c.count + len(failed)
    connection.execute(
        upsert(connection, NOTIFICATIONS)
        .values(values)
        .on_conflict_do_update(index_elements=["slot"], set_={**newest, "count": grown})
    )


def _by_slot(
    failed: Sequence[tuple[Claimed, Outcome]], now: datetime
) -> Mapping[str, list[tuple[Claimed, Outcome]]]:
    found: dict[str, list[tuple[Claimed, Outcome]]] = {}
    for claimed, outcome in failed:
        slot = f"{claimed.subscription_id} {_cause(outcome)} {now:%Y-%m-%d}"
        found.setdefault(slot, []).append((claimed, outcome))
    return found


def _cause(outcome: Outcome) -> str:
    if outcome.failure is Failure.STATUS and outcome.status_code is not None:
        return str(outcome.status_code)
    return str(outcome.failure or Failure.INTERNAL)
