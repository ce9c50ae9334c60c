"""Lists of deliveries, and how many there are."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, and_, func, literal, select
from sqlalchemy.orm import Session, defer

from webhooks_app.database import begin_reading, choose, read_connection
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.deliveries.filters import (
    UNDELIVERED,
    Conditions,
    Filters,
    Order,
    by_id,
    first_of,
    fits,
    newest_first,
    range_of,
    rest_of,
    walked,
)
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.paging import Page, PageBounds, decode_cursor, encode_cursor, page_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Attempt, Delivery, Event, Subscription
from webhooks_app.vocabulary import Trigger

# How many deliveries one page looks through for matches: a filter that matches nothing must not
# cost a walk over a million rows.
LOOKED_THROUGH = 20_000
SEARCHED_BYTES = 32 * 1024 * 1024
SIZES_AT_ONCE = 100
BATCH = 500
# Of an event's data, what a line of the log is made of.
START = 2048


class Logged(NamedTuple):
    """A row of the log.

    `start` is the beginning of the event's data. `latency_ms` is the last try's, None before the
    first try. `replay` is the newest replay of the same event to the same subscription, None if
    this is the newest.
    """

    delivery: Delivery
    event: Event
    start: str
    subscription_name: str
    latency_ms: int | None = None
    replay: Delivery | None = None


class Estimate(NamedTuple):
    """`more`: there may be others."""

    found: int
    more: bool


def list_deliveries(
    session: Session, tenant: Tenant, filters: Filters, window: PageBounds
) -> Page[Logged]:
    """Newest first. Events come without their data, which may be large, unless a field is filtered.

    A page looks through at most `LOOKED_THROUGH` deliveries, and for a text through at most
    `SEARCHED_BYTES` of data. So it may hold fewer rows than requested, or none, and still have a
    next page.
    """
    force_index_scans(read_connection(session))
    filters = by_id(session, tenant, filters)
    within = walked(tenant, filters)
    if window.below is not None:
        within.append(Delivery.id < window.below)
    most = looked_through(session, within, filters)
    delivery = first_of(within, filters, most)
    query = (
        select(
            delivery,
            Event,
            func.substr(Event.data, 1, START),
            Subscription.name,
            Attempt.duration_ms,
        )
        .join(Event, Event.id == delivery.event_id)
        .join(Subscription, Subscription.id == delivery.subscription_id)
        .outerjoin(
            Attempt, and_(Attempt.delivery_id == delivery.id, Attempt.number == delivery.tries)
        )
        .where(*rest_of(filters, delivery))
        .order_by(*newest_first(filters, delivery))
    )
    if filters.field is None:
        query = query.options(defer(Event.data)).limit(window.size + 1)
    else:
        query = query.execution_options(yield_per=SIZES_AT_ONCE)
    found = session.execute(query)
    those = (Logged(*row) for row in found)
    rows = list(islice((row for row in those if fits(filters, row.event)), window.size + 1))
    found.close()
    page = page_of(rows, [row.delivery.id for row in rows], window.size)
    shown = _with_replays(session, list(page.rows))
    if page.next_cursor is not None:
        return Page(shown, page.next_cursor)
    last = last_of(session, within, filters, most)
    return Page(shown, encode_cursor(last), most) if last else Page(shown, None)


def walk(database: Engine, tenant: Tenant, filters: Filters) -> Iterator[Sequence[Logged]]:
    """All that match, newest first, in batches.

    Each batch has its own transaction, so none is open while a slow client reads.
    """
    bounds: PageBounds | None = PageBounds(BATCH)
    while bounds is not None:
        with Session(database) as session:
            begin_reading(session)
            page = list_deliveries(session, tenant, filters, bounds)
        yield page.rows
        cursor = page.next_cursor
        bounds = PageBounds(BATCH, decode_cursor(cursor)) if cursor is not None else None


def looked_through(
    session: Session, within: Conditions, filters: Filters, order: Order = newest_first
) -> int:
    """How many to look through: fewer when each costs more.

    A text is looked for in the event's data, or in responses, and failures are scattered over the
    log.
    """
    most = LOOKED_THROUGH
    if filters.status in UNDELIVERED or filters.missing or filters.searches:
        most //= 4
    if filters.response is not None:
        most //= 4
    return _searched(session, within, filters, most, order) if filters.searches else most


def _searched(
    session: Session, within: Conditions, filters: Filters, most: int, order: Order
) -> int:
    """How many of the first deliveries have `SEARCHED_BYTES` of data together."""
    size = choose(read_connection(session), postgresql=func.octet_length, sqlite=func.length)
    first = first_of(within, filters, most, order)
    data = select(size(Event.data)).join_from(first, Event, Event.id == first.event_id)
    left = SEARCHED_BYTES
    # SQLite reads a text to know its size, PostgreSQL does not.
    at_once = choose(read_connection(session), postgresql=most, sqlite=SIZES_AT_ONCE)
    ordered = data.order_by(*order(filters, first))
    sizes = session.execute(ordered, execution_options={"yield_per": at_once}).scalars()
    for number, bytes_ in enumerate(sizes, 1):
        left -= bytes_
        if left < 0:
            sizes.close()
            return number
    return most


def last_of(
    session: Session, within: Conditions, filters: Filters, most: int, order: Order = newest_first
) -> str | None:
    """The last of the first `most`; None if there are fewer."""
    first = first_of(within, filters, most, order)
    ids = select(first.id).order_by(*order(filters, first))
    return session.scalar(ids.offset(most - 1).limit(1))


def count_newer(session: Session, tenant: Tenant, filters: Filters, than: str, most: int) -> int:
    """How many deliveries are newer than `than`, among the newest `most`."""
    force_index_scans(read_connection(session))
    filters = by_id(session, tenant, filters)
    newest = first_of([*walked(tenant, filters), Delivery.id > than], filters, most)
    return _count(session, filters, newest)


def count(session: Session, tenant: Tenant, filters: Filters, most: int) -> int:
    """How many there are, or `most` if there are more.

    Raises ValueError for a search, which could read the whole log: `estimate` counts those.
    """
    if filters.searches:
        raise ValueError("count() searches nothing")
    within = select(Delivery.id).where(*range_of(tenant, filters))
    found = _that_fit(within, filters, Delivery).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def estimate(session: Session, tenant: Tenant, filters: Filters, most: int) -> Estimate:
    """How many there are, up to `most`, at the cost of one page of `list_deliveries`.

    Without an index, only the newest are counted: as many as such a page looks through.
    """
    filters = by_id(session, tenant, filters)
    if not rest_of(filters, Delivery):
        found = count(session, tenant, filters, most + 1)
        return Estimate(min(found, most), found > most)
    counted, last = _part(session, walked(tenant, filters), filters)
    return Estimate(min(counted, most), counted > most or last is not None)


def counts(session: Session, tenant: Tenant, filters: Filters) -> Iterator[int]:
    """How many there are in each part of the log, newest first, as much as `estimate` counts.

    Each part has its own transaction.
    """
    within, last = walked(tenant, filters), None
    while True:
        begin_reading(session)
        is_older = (Delivery.id < last,) if last else ()
        counted, last = _part(session, [*within, *is_older], filters)
        session.rollback()
        yield counted
        if last is None:
            return


def _part(session: Session, within: Conditions, filters: Filters) -> tuple[int, str | None]:
    """How many there are among the newest, and the last of those; None at the end."""
    force_index_scans(read_connection(session))
    most = looked_through(session, within, filters)
    counted = _count(session, filters, first_of(within, filters, most))
    return counted, last_of(session, within, filters, most)


def _count(session: Session, filters: Filters, delivery: type[Delivery]) -> int:
    if filters.field is None:
        return session.scalar(_that_fit(select(func.count(delivery.id)), filters, delivery)) or 0
    events = _that_fit(select(Event).select_from(delivery), filters, delivery)
    found = session.scalars(events, execution_options={"yield_per": SIZES_AT_ONCE})
    return sum(fits(filters, event) for event in found)


def _that_fit(query: Select[Any], filters: Filters, delivery: type[Delivery]) -> Select[Any]:
    if filters.text is not None or filters.field is not None:
        query = query.join(Event, Event.id == delivery.event_id)
    if filters.text is not None:
        query = query.join(Subscription, Subscription.id == delivery.subscription_id)
    return query.where(*rest_of(filters, delivery))


def find_delivery(session: Session, tenant: Tenant, delivery_id: str) -> Logged:
    """Raises `NotFound`, also for another organisation's delivery."""
    row = session.execute(
        select(
            Delivery,
            Event,
            func.substr(Event.data, 1, START),
            Subscription.name,
            Attempt.duration_ms,
        )
        .join(Event, Event.id == Delivery.event_id)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .outerjoin(
            Attempt, and_(Attempt.delivery_id == Delivery.id, Attempt.number == Delivery.tries)
        )
        .where(*range_of(tenant, Filters()), Delivery.id == delivery_id)
    ).first()
    if row is None:
        raise NotFound
    return _with_replays(session, [Logged(*row)])[0]


def _with_replays(session: Session, rows: list[Logged]) -> list[Logged]:
    again = select(Delivery).where(
        Delivery.event_id.in_({row.event.id for row in rows}),
        Delivery.trigger != literal(Trigger.EVENT.value, literal_execute=True),
        Delivery.replay_of.is_not(None),
    )
    found = session.scalars(again.order_by(Delivery.id)) if rows else ()
    newest = {(one.event_id, one.subscription_id): one for one in found}

    def replay_of(row: Delivery) -> Delivery | None:
        one = newest.get((row.event_id, row.subscription_id))
        return one if one is not None and one.id > row.id else None

    return [row._replace(replay=replay_of(row.delivery)) for row in rows]
