"""Read the audit log: filtered, a page at a time or all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, or_
from sqlalchemy.orm import Session

from webhooks_app.database import begin_reading
from webhooks_app.database.contains import holds
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.paging import Page, PageBounds, page_of
from webhooks_app.models import AuditEntry
from webhooks_app.vocabulary import ActorKind

BATCH = 500
MOST_ABOUT = 100


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """A filter; None means any.

    `actor` and `target` are part of a name, or a whole id. `action` is one of `ACTIONS`, or a kind
    of target. `since` and `until` bound the time. `mode` also has what both modes share.
    """

    kind: ActorKind | None = None
    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    mode: str | None = None


def list_entries(
    session: Session, organisation_id: str, filters: AuditFilters, bounds: PageBounds
) -> Page[AuditEntry]:
    """Newest first, of live and test."""
    query = AuditEntry.of_organisation(organisation_id).where(*_conditions(filters))
    if bounds.below is not None:
        query = query.where(AuditEntry.id < bounds.below)
    rows = session.scalars(query.order_by(AuditEntry.id.desc()).limit(bounds.size + 1)).all()
    return page_of(rows, [row.id for row in rows], bounds.size)


def walk(
    database: Engine, organisation_id: str, filters: AuditFilters
) -> Iterator[Sequence[AuditEntry]]:
    """All that match, newest first, in batches.

    Each batch has its own transaction, so none is open while a slow client reads.
    """
    bounds: PageBounds | None = PageBounds(BATCH)
    while bounds is not None:
        with Session(database) as session:
            begin_reading(session)
            page = list_entries(session, organisation_id, filters, bounds)
        yield page.rows
        bounds = PageBounds(BATCH, page.rows[-1].id) if page.next_cursor else None


def entries_about(
    session: Session, organisation_id: str, target_id: str, since: datetime
) -> Sequence[AuditEntry]:
    """What happened to one target after `since`, newest first, at most `MOST_ABOUT`."""
    query = AuditEntry.of_organisation(organisation_id).where(
        AuditEntry.id >= _first_id(since),
        AuditEntry.target_id == target_id,
        AuditEntry.created_at > since,
    )
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(MOST_ABOUT)).all()


def _conditions(filters: AuditFilters) -> Iterator[ColumnElement[bool]]:
    if filters.kind is not None:
        yield AuditEntry.actor_kind == filters.kind.value
    if filters.actor is not None:
        named = holds(AuditEntry.actor, filters.actor)
        yield or_(named, AuditEntry.actor_id == filters.actor)
    if filters.action is not None:
        yield or_(AuditEntry.action == filters.action, AuditEntry.target_type == filters.action)
    if filters.target is not None:
        named = holds(AuditEntry.target_name, filters.target)
        yield or_(named, AuditEntry.target_id == filters.target)
    if filters.since is not None:
        yield AuditEntry.id >= _first_id(filters.since)
    if filters.until is not None:
        yield AuditEntry.id < _first_id(filters.until)
    if filters.mode is not None:
        yield AuditEntry.in_mode_or_shared(filters.mode)


def _first_id(moment: datetime) -> str:
    """The smallest id of that moment: ids sort by time."""
    return floor_id("aud", max(0.0, moment.timestamp()))
