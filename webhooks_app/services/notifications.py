"""What the dashboard tells members of an organisation."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webhooks_app.clock import utcnow
from webhooks_app.models import Notification
from webhooks_app.pipeline.incoming import Tenant
from webhooks_app.services.errors import NotFound

SHOWN = 50


def newest(session: Session, tenant: Tenant) -> Sequence[Notification]:
    """The last `SHOWN`, newest first."""
    return session.scalars(
        select(Notification)
        .where(
            Notification.organisation_id == tenant.organisation_id,
            Notification.mode == tenant.mode,
        )
        .order_by(Notification.id.desc())
        .limit(SHOWN)
    ).all()


def unread(session: Session, tenant: Tenant) -> int:
    return (
        session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(
                Notification.organisation_id == tenant.organisation_id,
                Notification.mode == tenant.mode,
                Notification.read_at.is_(None),
            )
        )
        or 0
    )


def read_one(session: Session, tenant: Tenant, notification_id: str) -> None:
    """That one is read from now on; committed. Raises `NotFound`."""
    row = session.get(Notification, notification_id)
    if row is None or (row.organisation_id, row.mode) != (tenant.organisation_id, tenant.mode):
        raise NotFound
    row.read_at = row.read_at or utcnow()
    session.commit()


def read_all(session: Session, tenant: Tenant) -> None:
    """Nothing is unread from now on; committed."""
    session.execute(
        update(Notification)
        .where(
            Notification.organisation_id == tenant.organisation_id,
            Notification.mode == tenant.mode,
            Notification.read_at.is_(None),
        )
        .values(read_at=utcnow())
    )
    session.commit()
