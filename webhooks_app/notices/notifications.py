"""Notifications for the members of an organisation, each with their own read marks."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Exists, exists, func, literal, select
from sqlalchemy.orm import Session

from webhooks_app.database import upsert
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Notification, NotificationRead
from webhooks_app.models.columns import IdText

SHOWN = 50


class NotificationView(NamedTuple):
    notification: Notification
    is_new: bool


def newest(session: Session, tenant: Tenant, user_id: str) -> Sequence[NotificationView]:
    """The latest `SHOWN`, newest first, and which of them that member has not read."""
    newest = (
        select(Notification, ~_read_by(user_id))
        .where(Notification.in_tenant(tenant))
        .order_by(Notification.id.desc())
        .limit(SHOWN)
    )
    return [NotificationView(*row) for row in session.execute(newest)]


def unread(session: Session, tenant: Tenant, user_id: str) -> int:
    counted = select(func.count()).select_from(Notification)
    return session.scalar(counted.where(Notification.in_tenant(tenant), ~_read_by(user_id))) or 0


def read_one(session: Session, tenant: Tenant, user_id: str, notification_id: str) -> None:
    """Mark one as read, committed. Raises `NotFound`."""
    row = session.get(Notification, notification_id)
    if row is None or (row.organisation_id, row.mode) != (tenant.organisation_id, tenant.mode):
        raise NotFound
    _read(session, user_id, Notification.id == notification_id)
    session.commit()


def read_all(session: Session, tenant: Tenant, user_id: str) -> None:
    """Mark all as read, committed."""
    _read(session, user_id, Notification.in_tenant(tenant))
    session.commit()


def skip_all(session: Session, organisation_id: str, user_id: str) -> None:
    """Mark earlier notifications as read for a new member; not committed."""
    _read(session, user_id, Notification.in_organisation(organisation_id))


def _read_by(user_id: str) -> Exists:
    return exists().where(
        NotificationRead.notification_id == Notification.id, NotificationRead.user_id == user_id
    )


def _read(session: Session, user_id: str, *which: ColumnElement[bool]) -> None:
    unread = select(Notification.id, literal(user_id, IdText)).where(*which, ~_read_by(user_id))
    insert = upsert(session.connection(), NotificationRead).from_select(
        ["notification_id", "user_id"], unread
    )
    session.execute(insert.on_conflict_do_nothing())
