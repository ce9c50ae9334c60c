"""Filters of a list that a member named and kept; each member has their own."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import SavedView

PAGES = ("deliveries", "events")
LONGEST_NAME = 60
MOST = 20


def views_of(session: Session, tenant: Tenant, user_id: str, page: str) -> Sequence[SavedView]:
    """By name; those that cannot be read have no filters."""
    return session.scalars(_own(tenant, user_id, page).order_by(SavedView.name)).all()


def save(
    session: Session,
    tenant: Tenant,
    user_id: str,
    page: str,
    name: str,
    filters: Mapping[str, str],
) -> SavedView:
    """Keep them under that name, committed; they replace what the name meant before. Raises
    `Invalid`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(Fault("#/name", f"Give the view a name of 1 to {LONGEST_NAME} characters."))
    row = session.scalar(_own(tenant, user_id, page).where(SavedView.name == name))
    if row is None:
        row = _add(session, tenant, user_id, page, name)
    row.filters = dict(filters)
    session.commit()
    return row


def remove(session: Session, tenant: Tenant, user_id: str, view_id: str) -> SavedView:
    """Delete it, committed; returns what it was. Raises `NotFound`, also for another member's."""
    own = SavedView.of(tenant).where(SavedView.user_id == user_id, SavedView.id == view_id)
    row = session.scalar(own)
    if row is None:
        raise NotFound
    session.delete(row)
    session.commit()
    return row


def _add(session: Session, tenant: Tenant, user_id: str, page: str, name: str) -> SavedView:
    counted = _own(tenant, user_id, page).with_only_columns(func.count())
    if (session.scalar(counted) or 0) >= MOST:
        raise Invalid(Fault("#/name", f"You have {MOST} views of this list. Delete one first."))
    row = SavedView(
        id=new_id("viw"),
        organisation_id=tenant.organisation_id,
        mode=tenant.mode,
        user_id=user_id,
        page=page,
        name=name,
        created_at=utcnow(),
    )
    session.add(row)
    return row


def _own(tenant: Tenant, user_id: str, page: str) -> Select[SavedView]:
    return SavedView.of(tenant).where(SavedView.user_id == user_id, SavedView.page == page)
