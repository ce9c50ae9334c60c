"""Read the audit log: filtered, a page at a time or all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, or_, select
from sqlalchemy.orm import Session, aliased

from webhooks_app.database import begin_reading
from webhooks_app.database.contains import holds
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.paging import Page, PageBounds, decode_cursor, encode_cursor, page_of
from webhooks_app.models import AuditEntry
from webhooks_app.vocabulary import ActorKind

# As for deliveries: what is rare must not cost a walk over the log of a year.
LOOKED_THROUGH = 10_000
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
    """Newest first, of live and test.

    A page looks through at most `LOOKED_THROUGH` entries. So it may be short, or empty, and still
    have a next page.
    """
    within = [AuditEntry.walked_in(organisation_id), *_range(filters)]
    if bounds.below is not None:
        within.append(AuditEntry.id < bounds.below)
    newest = select(AuditEntry).where(*within).order_by(*AuditEntry.newest_first())
    entry = aliased(AuditEntry, newest.limit(LOOKED_THROUGH).subquery())
    conditions = list(_rest(filters, entry))
    found = select(entry).where(*conditions).order_by(*entry.newest_first())
    rows = session.scalars(found.limit(bounds.size + 1)).all()
    page = page_of(rows, [row.id for row in rows], bounds.size)
    if page.next_cursor is None and conditions:
        ids = newest.with_only_columns(AuditEntry.id)
        last = session.scalar(ids.offset(LOOKED_THROUGH - 1).limit(1))
        return Page(page.rows, encode_cursor(last), LOOKED_THROUGH) if last else page
    return page


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
        cursor = page.next_cursor
        bounds = PageBounds(BATCH, decode_cursor(cursor)) if cursor is not None else None


def entries_about(
    session: Session, organisation_id: str, target_id: str, since: datetime
) -> Sequence[AuditEntry]:
    """What happened to one target after `since`, newest first, at most `MOST_ABOUT`, among the
    newest `LOOKED_THROUGH` entries."""
    within = (AuditEntry.walked_in(organisation_id), AuditEntry.id >= _first_id(since))
    newest = select(AuditEntry).where(*within).order_by(*AuditEntry.newest_first())
    entry = aliased(AuditEntry, newest.limit(LOOKED_THROUGH).subquery())
    query = select(entry).where(entry.target_id == target_id, entry.created_at > since)
    return session.scalars(query.order_by(*entry.newest_first()).limit(MOST_ABOUT)).all()


def _range(filters: AuditFilters) -> Iterator[ColumnElement[bool]]:
    """The part that an index finds."""
    if filters.since is not None:
        yield AuditEntry.id >= _first_id(filters.since)
    if filters.until is not None:
        yield AuditEntry.id < _first_id(filters.until)


def _rest(filters: AuditFilters, entry: type[AuditEntry]) -> Iterator[ColumnElement[bool]]:
    """The conditions to check for each row."""
    if filters.kind is not None:
        yield entry.actor_kind == filters.kind.value
    if filters.actor is not None:
        yield or_(holds(entry.actor, filters.actor), entry.actor_id == filters.actor)
    if filters.action is not None:
        yield or_(entry.action == filters.action, entry.target_type == filters.action)
    if filters.target is not None:
        yield or_(holds(entry.target_name, filters.target), entry.target_id == filters.target)
    if filters.mode is not None:
        yield entry.in_mode_or_shared(filters.mode)


def _first_id(moment: datetime) -> str:
    """The smallest id of that moment: ids sort by time."""
    return floor_id("aud", max(0.0, moment.timestamp()))
