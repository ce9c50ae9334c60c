"""The chatbots, rooms and spaces that an organisation has named, or that its events are about."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Event, Subject

LOOKED_THROUGH = 2000
MOST = 200


class SeenSubject(NamedTuple):
    """`name` is its id when nobody has named it."""

    type: str
    id: str
    name: str


def seen(session: Session, tenant: Tenant) -> list[SeenSubject]:
    """By type and name; of the newest events, at most `MOST` that are not named."""
    named = session.scalars(Subject.of_organisation(tenant.organisation_id)).all()
    found = {(row.type, row.id): SeenSubject(row.type, row.id, row.name) for row in named}
    newest = (
        select(Event.subject_type, Event.subject_id)
        .where(Event.walked(tenant))
        .order_by(*Event.newest_first())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    columns = newest.c
    about = select(columns.subject_type, columns.subject_id).distinct()
    about = about.where(columns.subject_type.is_not(None)).limit(MOST)
    for type_, id_ in session.execute(about):
        found.setdefault((type_, id_), SeenSubject(type_, id_, id_))
    return sorted(found.values(), key=lambda one: (one.type, one.name.lower(), one.id))
