"""Notifications for the members of an organisation, each with their own read marks."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Exists, Select, and_, exists, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webhooks_app.database import upsert
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.paging import Page, PageBounds, page_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Membership, Notification, NotificationRead, Subscription
from webhooks_app.models.columns import IdText

SHOWN = 50


class NotificationView(NamedTuple):
    """`subscription` is what it is about, None if nothing or if that is deleted."""

    notification: Notification
    is_new: bool
    subscription: Subscription | None = None


def newest(session: Session, tenant: Tenant, user_id: str) -> Sequence[NotificationView]:
    """The latest `SHOWN`, newest first, and which of them that member has not read."""
    newest = (
        select(Notification, ~_read_by(user_id), Subscription)
        .outerjoin(
            Subscription,
            and_(Subscription.id == Notification.subscription_id, Subscription.is_present()),
        )
        .where(Notification.in_tenant(tenant))
        .order_by(func.coalesce(Notification.last_at, Notification.created_at).desc())
        .limit(SHOWN)
    )
    return [NotificationView(*row) for row in session.execute(newest)]


def unread(session: Session, tenant: Tenant, user_id: str) -> int:
    counted = select(func.count()).select_from(Notification)
    return session.scalar(counted.where(Notification.in_tenant(tenant), ~_read_by(user_id))) or 0


def list_all(
    session: Session, tenant: Tenant, bounds: PageBounds, *, only_unread: bool = False
) -> Page[NotificationView]:
    """Newest first. One is new while any member has not read it."""
    is_new = _unread_by_any(tenant)
    query = select(Notification, is_new).where(Notification.in_tenant(tenant))
    if only_unread:
        query = query.where(is_new)
    if bounds.below is not None:
        query = query.where(Notification.id < bounds.below)
    rows = session.execute(query.order_by(Notification.id.desc()).limit(bounds.size + 1))
    views = [NotificationView(*row) for row in rows]
    return page_of(views, [one.notification.id for one in views], bounds.size)


def find(session: Session, tenant: Tenant, notification_id: str) -> NotificationView:
    """As `list_all` shows it. Raises `NotFound`."""
    query = select(Notification, _unread_by_any(tenant)).where(
        Notification.in_tenant(tenant), Notification.id == notification_id
    )
    if (row := session.execute(query).first()) is None:
        raise NotFound
    return NotificationView(*row)


def read_for_all(session: Session, tenant: Tenant, notification_id: str | None = None) -> None:
    """Mark one, or all, as read by every member, committed."""
    which = [Notification.in_tenant(tenant)]
    if notification_id is not None:
        which.append(Notification.id == notification_id)
    for user_id in session.scalars(_members(tenant)).all():
        _read(session, user_id, *which)
    session.commit()


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


def _read_by(user_id: str | InstrumentedAttribute[str]) -> Exists:
    return exists().where(
        NotificationRead.notification_id == Notification.id, NotificationRead.user_id == user_id
    )


def _unread_by_any(tenant: Tenant) -> Exists:
    mine = Membership.in_organisation(tenant.organisation_id)
    read = _read_by(Membership.user_id).correlate(Notification, Membership)
    return exists().where(mine, ~read).correlate(Notification)


def _members(tenant: Tenant) -> Select[str]:
    mine = Membership.in_organisation(tenant.organisation_id)
    return select(Membership.user_id).where(mine).order_by(Membership.user_id)


def _read(session: Session, user_id: str, *which: ColumnElement[bool]) -> None:
    unread = select(Notification.id, literal(user_id, IdText)).where(*which, ~_read_by(user_id))
    insert = upsert(session.connection(), NotificationRead).from_select(
        ["notification_id", "user_id"], unread
    )
    session.execute(insert.on_conflict_do_nothing())
