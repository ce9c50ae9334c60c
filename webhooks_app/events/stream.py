"""The stream of events, and why each webhook did or did not get one."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, aliased, defer

from webhooks_app.database import begin_reading, choose, read_connection
from webhooks_app.deliveries.filters import of_event
from webhooks_app.events.filters import Conditions, EventFilters, by_id, fits, range_of, rest_of
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.paging import Page, PageBounds, decode_cursor, encode_cursor, page_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.budget import PER_EVENT, Budget
from webhooks_app.matching.changes import is_update
from webhooks_app.matching.conditions import ConditionResult, explain, parse_conditions
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import check_readable, view_of, wants_change
from webhooks_app.matching.states import compared_with_last
from webhooks_app.matching.stored import incoming_of
from webhooks_app.matching.type_patterns import asks_for
from webhooks_app.matching.view import View
from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.vocabulary import Match

# As for deliveries: a rare type must not cost a walk over a million rows.
LOOKED_THROUGH = 20_000
SEARCHED_BYTES = 32 * 1024 * 1024
# Of an event's data, what a line of the list is made of.
START = 2048
BATCH = 100
BYTES_AT_ONCE = 2 * 1024 * 1024
EXPLAINED = 2  # every condition is explained, even those that matching can skip


@dataclass(frozen=True, slots=True)
class MatchExplanation:
    """Why the current webhook matches the event or not, condition by condition.

    `changed_fields` is its field filter, empty if it has none or the event is not an update.
    `changed` is what the event changed; None means unknown, which counts as everything. `broken`:
    its row cannot be read, so nothing matches.
    """

    subscription: Subscription
    asks_for_type: bool
    in_scope: bool
    changed_fields: Sequence[str]
    changed: Sequence[str] | None
    change_wanted: bool
    conditions_hold: bool
    judged: Sequence[ConditionResult]
    delivered: bool
    broken: bool = False

    @property
    def would_fire(self) -> bool:
        fits = self.asks_for_type and self.in_scope and self.change_wanted
        return self.subscription.enabled and fits and self.conditions_hold


class EventLine(NamedTuple):
    """A line of the list; `start` is the beginning of the event's data."""

    event: Event
    start: str


def list_events(
    session: Session, tenant: Tenant, filters: EventFilters, window: PageBounds
) -> Page[Event]:
    """Newest first, without their data, which may be large."""
    page = list_lines(session, tenant, filters, window)
    return Page([line.event for line in page.rows], page.next_cursor, page.searched)


def list_lines(
    session: Session, tenant: Tenant, filters: EventFilters, window: PageBounds
) -> Page[EventLine]:
    """Newest first. Events come without their data, which may be large, unless a field is filtered.

    A page looks through at most `LOOKED_THROUGH` events, and for a text through at most
    `SEARCHED_BYTES` of data. So it may be short, or empty, and still have a next page.
    """
    filters = by_id(session, tenant, filters)
    within = range_of(tenant, filters)
    if window.below is not None:
        within.append(Event.id < window.below)
    most = _searched(session, within) if filters.searches else LOOKED_THROUGH
    walked = select(Event).where(*within).order_by(*Event.newest_first()).limit(most)
    event = aliased(Event, walked.subquery())
    query = select(event, func.substr(event.data, 1, START)).where(*rest_of(filters, event))
    query = query.order_by(*event.newest_first())
    if filters.field is not None:
        query = query.execution_options(yield_per=BATCH)
    else:
        query = query.limit(window.size + 1).options(defer(event.data))
    found = session.execute(query)
    lines = (EventLine(*row) for row in found)
    rows = list(islice((line for line in lines if fits(filters, line.event)), window.size + 1))
    found.close()
    page = page_of(rows, [row.event.id for row in rows], window.size)
    if page.next_cursor is None and rest_of(filters, event):
        newest_ids = select(Event.id).where(*within).order_by(*Event.newest_first())
        last = session.scalar(newest_ids.offset(most - 1).limit(1))
        return Page(page.rows, encode_cursor(last), most) if last else page
    return page


def list_recent(session: Session, tenant: Tenant, name: str, most: int) -> Sequence[EventLine]:
    """The newest events of a type."""
    return list_lines(session, tenant, EventFilters(type=name), PageBounds(most)).rows


def walk(database: Engine, tenant: Tenant, filters: EventFilters) -> Iterator[Sequence[EventLine]]:
    """All that match, with their data, newest first, in batches of up to `BYTES_AT_ONCE`.

    Each batch has its own transaction, so none is open while a slow client reads. After a page
    without a match, a batch is empty.
    """
    bounds: PageBounds | None = PageBounds(BATCH)
    while bounds is not None:
        with Session(database) as session:
            begin_reading(session)
            page = list_lines(session, tenant, filters, bounds)
            portions = _portions(session, page.rows)
        for portion in portions:
            yield _with_data(database, portion)
        cursor = page.next_cursor
        bounds = PageBounds(BATCH, decode_cursor(cursor)) if cursor is not None else None


def _portions(session: Session, lines: Sequence[EventLine]) -> list[list[EventLine]]:
    """At least one; with `BYTES_AT_ONCE` of data each, or a single event that has more.

    What was deleted in the meantime has no data.
    """
    size = choose(read_connection(session), postgresql=func.octet_length, sqlite=func.length)
    ids = [line.event.id for line in lines]
    query = select(Event.id, size(Event.data)).where(Event.id.in_(ids))
    sizes: dict[str, int] = dict(session.execute(query).all())
    portions: list[list[EventLine]] = [[]]
    left = BYTES_AT_ONCE
    for line in lines:
        size_of_it = sizes.get(line.event.id, 0)
        left -= size_of_it
        if left < 0 and portions[-1]:
            portions.append([])
            left = BYTES_AT_ONCE - size_of_it
        portions[-1].append(line)
    return portions


def _with_data(database: Engine, lines: Sequence[EventLine]) -> list[EventLine]:
    """Without those that were deleted in the meantime."""
    with Session(database) as session:
        begin_reading(session)
        query = select(Event).where(Event.id.in_([line.event.id for line in lines]))
        found = {event.id: event for event in session.scalars(query)}
    return [line._replace(event=found[line.event.id]) for line in lines if line.event.id in found]


def _searched(session: Session, within: Conditions) -> int:
    """How many of the newest events have `SEARCHED_BYTES` of data together."""
    size = choose(read_connection(session), postgresql=func.octet_length, sqlite=func.length)
    newest = select(size(Event.data)).where(*within).order_by(*Event.newest_first())
    left, most = SEARCHED_BYTES, LOOKED_THROUGH // 2
    # SQLite reads a text to know its size, PostgreSQL does not.
    at_once = choose(read_connection(session), postgresql=most, sqlite=BATCH)
    sizes = session.execute(newest.limit(most), execution_options={"yield_per": at_once}).scalars()
    for number, bytes_ in enumerate(sizes, 1):
        left -= bytes_
        if left < 0:
            sizes.close()
            return number
    return most


def find_event(session: Session, tenant: Tenant, event_id: str) -> Event:
    """Raises `NotFound`, also for another organisation's event."""
    event = session.get(Event, event_id)
    if event is None or (event.organisation_id, event.mode) != (
        tenant.organisation_id,
        tenant.mode,
    ):
        raise NotFound
    return event


def match_explanations(session: Session, tenant: Tenant, event: Event) -> list[MatchExplanation]:
    """One for each current webhook, those that got the event first."""
    told = set(session.scalars(select(Delivery.subscription_id).where(of_event(event.id))))
    return _explanations(session, tenant, incoming_of(event), told)


def dry_run(session: Session, tenant: Tenant, event: Incoming) -> list[MatchExplanation]:
    """The same for an event that is not stored, as if it happened now; those that fire first."""
    event = compared_with_last(session.connection(), tenant, event)
    found = _explanations(session, tenant, event, frozenset())
    return sorted(found, key=lambda one: not one.would_fire)


def _explanations(
    session: Session, tenant: Tenant, incoming: Incoming, told: Collection[str]
) -> list[MatchExplanation]:
    query = Subscription.of(tenant).where(Subscription.is_present())
    view, budget = view_of(incoming), Budget(EXPLAINED * PER_EVENT)
    found = [
        _explanation(row, incoming, view, budget, row.id in told) for row in session.scalars(query)
    ]
    return sorted(found, key=lambda one: (not one.delivered, one.subscription.name))


def _explanation(
    row: Subscription, event: Incoming, view: View, budget: Budget, delivered: bool
) -> MatchExplanation:
    try:
        return _explained(row, event, view, budget, delivered)
    except (TypeError, ValueError):
        return MatchExplanation(row, False, False, (), None, False, False, (), delivered, True)


def _explained(
    row: Subscription, event: Incoming, view: View, budget: Budget, delivered: bool
) -> MatchExplanation:
    check_readable(row)
    explained = explain(parse_conditions(row.conditions), Match(row.match), view, budget)
    fields = row.changed_fields if is_update(event.type) else ()
    return MatchExplanation(
        subscription=row,
        asks_for_type=asks_for(row.event_types, event.type) and not row.is_digest,
        in_scope=row.scope_type is None or (row.scope_type, row.scope_id) == event.subject,
        changed_fields=fields,
        changed=event.changed,
        change_wanted=wants_change(fields, event),
        conditions_hold=explained.passed,
        judged=explained.judged,
        delivered=delivered,
    )
