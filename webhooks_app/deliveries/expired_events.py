"""Delete expired events, each with its deliveries and their attempts."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    case,
    delete,
    exists,
    func,
    not_,
    select,
)

from webhooks_app.deliveries.of_events import (
    DELIVERIES,
    IS_AGAIN,
    IS_PLANNED,
    again_of,
    planned_of,
)
from webhooks_app.lib.ids import floor_id
from webhooks_app.models import Attempt, Event
from webhooks_app.operations.deleting import BYTES, Change, bytes_of, until_full, walk
from webhooks_app.operations.slices import MOST, Key, Stepped
from webhooks_app.vocabulary import OPEN

EVENTS = cast(Table, Event.__table__)
ATTEMPTS = cast(Table, Attempt.__table__)
# Whether something is left to do for a delivery. It is never deleted then. From the log itself:
# PostgreSQL looks again at a row of it that somebody has just changed.
IS_OPEN = DELIVERIES.c.status.in_(OPEN)


class _Event(NamedTuple):
    id: str
    rows: int


def expired_events(before: datetime, *own: ColumnElement[bool]) -> Change:
    """Walk up the events from before that moment, and delete those that nothing needs any more.

    An event goes together with all of its deliveries, so that what is left still adds up. It stays
    while one of them is open, or was made later, as a replay. `own` limits it to some events. The
    size of a step is that of its deliveries and their tries. Only an event with more than `MOST` of
    them takes several steps.

    The events are locked first. Until the commit, nobody can send one of them again.
    """
    oldest = before.timestamp()
    is_expired = (*own, EVENTS.c.id < floor_id("evt", oldest))

    def change(connection: Connection, after: Key, size: int) -> Stepped:
        is_ahead = (EVENTS.c.id > after[0],) if after else ()
        events, is_last = _first(connection, size, *is_expired, *is_ahead)
        ids = [one.id for one in events]
        needed = _needed(connection, ids, floor_id("msg", oldest))
        if ids and events[0].rows > MOST and ids[0] not in needed:
            return Stepped(_thin_out(connection, ids[0]), after)
        rows = _delete(connection, [id_ for id_ in ids if id_ not in needed])
        return Stepped(rows, None if is_last else (ids[-1],))

    return change


def orphaned_deliveries(before: datetime) -> Change:
    """Deliveries whose event no longer exists, for whatever reason."""
    has_event = exists().where(EVENTS.c.id == DELIVERIES.c.event_id)
    is_old = DELIVERIES.c.id < floor_id("msg", before.timestamp())
    return walk(DELIVERIES, [DELIVERIES.c.id], is_old, over=not_(IS_OPEN) & not_(has_event))


def orphaned_attempts(before: datetime) -> Change:
    """Attempts whose delivery no longer exists, for whatever reason."""
    has_delivery = exists().where(DELIVERIES.c.id == ATTEMPTS.c.delivery_id)
    is_old = ATTEMPTS.c.delivery_id < floor_id("msg", before.timestamp())
    return walk(ATTEMPTS, [ATTEMPTS.c.delivery_id], is_old, over=not_(has_delivery))


def _first(
    connection: Connection, size: int, *which: ColumnElement[bool]
) -> tuple[list[_Event], bool]:
    """The first of those events, locked, about as many as a step takes; whether no more follow.

    One with more than `MOST` rows is alone.
    """
    weighed = select(EVENTS.c.id, _rows_of_event(), bytes_of(connection, EVENTS.c.data))
    ordered = weighed.where(*which).order_by(EVENTS.c.id).limit(size)
    with connection.execute(ordered.with_for_update(skip_locked=True)) as found:
        events, is_full = until_full(
            (_Event(id_, rows), rows / size + bytes_ / BYTES) for id_, rows, bytes_ in found
        )
    is_last = not is_full and len(events) < size
    if len(events) > 1 and events[-1].rows > MOST:
        events.pop()
    return events, is_last


def _rows_of_event() -> ColumnElement[int]:
    """About how many rows an event has, with its deliveries and their tries.

    Those that were planned at the end of a block of three days may be left out: so few partitions
    are read.
    """
    rows = func.coalesce(func.sum(1 + DELIVERIES.c.tries), 0)
    since, until = ("msg_" + func.substr(EVENTS.c.id, 5, digits) for digits in (9, 4))
    of_event = select(rows).where(DELIVERIES.c.event_id == EVENTS.c.id, DELIVERIES.c.id >= since)
    planned = of_event.where(IS_PLANNED, DELIVERIES.c.id < until + "~").scalar_subquery()
    return 1 + planned + of_event.where(IS_AGAIN).scalar_subquery()


def _needed(connection: Connection, ids: Collection[str], oldest: str) -> set[str]:
    """What is needed is no condition: for that, PostgreSQL might walk over all open deliveries."""
    is_younger = DELIVERIES.c.id >= oldest
    needed = set()
    for which, is_needed in ((planned_of(ids), IS_OPEN), (again_of(ids), IS_OPEN | is_younger)):
        any_needed = func.max(case((is_needed, 1), else_=0))
        query = select(DELIVERIES.c.event_id, any_needed).where(which)
        found = connection.execute(query.group_by(DELIVERIES.c.event_id))
        needed |= {event_id for event_id, is_one in found if is_one}
    return needed


def _thin_out(connection: Connection, id_: str) -> int:
    """Delete some deliveries of that event; those that it planned last, so that they add up."""
    for which in (again_of([id_]), planned_of([id_])):
        deliveries = select(DELIVERIES.c.id, 1 + DELIVERIES.c.tries)
        some = deliveries.where(which).limit(MOST)
        with connection.execute(some) as found:
            ids, _ = until_full((delivery_id, rows / MOST) for delivery_id, rows in found)
        if ids:
            break
    rows = connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(ids))).rowcount
    return rows + connection.execute(delete(DELIVERIES).where(DELIVERIES.c.id.in_(ids))).rowcount


def _delete(connection: Connection, ids: Collection[str]) -> int:
    rows = 0
    for which in (planned_of(ids), again_of(ids)):
        deliveries = select(DELIVERIES.c.id).where(which)
        attempts = delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(deliveries))
        rows += connection.execute(attempts).rowcount
        rows += connection.execute(delete(DELIVERIES).where(which)).rowcount
    return rows + connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids))).rowcount
