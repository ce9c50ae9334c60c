"""Delete expired events, each with its deliveries and their attempts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import accumulate
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    case,
    delete,
    exists,
    func,
    literal_column,
    not_,
    select,
)

from webhooks_app.lib.ids import floor_id
from webhooks_app.models import Attempt, Delivery, Event
from webhooks_app.operations.deleting import Change, walk
from webhooks_app.operations.slices import Key, Stepped
from webhooks_app.vocabulary import OPEN

EVENTS = cast(Table, Event.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
ATTEMPTS = cast(Table, Attempt.__table__)
# Whether something is left to do for a delivery. It is never deleted then. From the log itself:
# PostgreSQL looks again at a row of it that somebody has just changed.
IS_OPEN = DELIVERIES.c.status.in_(OPEN)
# Written exactly as in the two partial indexes by event: otherwise the database uses neither.
PLANNED: ColumnElement[str] = literal_column("'event'")
PLANNED_OR_AGAIN = (DELIVERIES.c.trigger == PLANNED, DELIVERIES.c.trigger != PLANNED)


def expired_events(before: datetime, *own: ColumnElement[bool]) -> Change:
    """Walk up the events from before that moment, and delete those that nothing needs any more.

    An event goes together with all of its deliveries, so that what is left still adds up. It stays
    while one of them is open, or was made later, as a replay. `own` limits it to some events. The
    size of a step is that of its deliveries.

    The events are locked first. Until the commit, nobody can send one of them again.
    """
    oldest = before.timestamp()
    expired = select(EVENTS.c.id, EVENTS.c.fan_out)
    expired = expired.where(*own, EVENTS.c.id < floor_id("evt", oldest)).order_by(EVENTS.c.id)

    def change(connection: Connection, after: Key, size: int) -> Stepped:
        ahead = expired.where(EVENTS.c.id > after[0]) if after else expired
        locked = ahead.limit(size).with_for_update(skip_locked=True)
        found = connection.execute(locked).all()
        ids = _first(found, size)
        needed = _needed(connection, ids, floor_id("msg", oldest))
        rows = _delete(connection, [id_ for id_ in ids if id_ not in needed])
        is_end = len(ids) == len(found) < size
        return Stepped(rows, None if is_end else (ids[-1],))

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


def _first(events: Sequence[Row[str, int]], most: int) -> list[str]:
    """Those with at most so many planned deliveries together; at least one event."""
    totals = accumulate(max(1, fan_out) for _, fan_out in events)
    fitting = sum(total <= most for total in totals)
    return [id_ for id_, _ in events[: max(1, fitting)]]


def _needed(connection: Connection, ids: Collection[str], oldest: str) -> set[str]:
    """What is needed is no condition: for that, PostgreSQL might walk over all open deliveries."""
    planned, again = PLANNED_OR_AGAIN
    is_younger = DELIVERIES.c.id >= oldest
    needed = set()
    for which, is_needed in ((planned, IS_OPEN), (again, IS_OPEN | is_younger)):
        any_needed = func.max(case((is_needed, 1), else_=0))
        query = select(DELIVERIES.c.event_id, any_needed).where(which, _of(ids))
        found = connection.execute(query.group_by(DELIVERIES.c.event_id))
        needed |= {event_id for event_id, is_one in found if is_one}
    return needed


def _delete(connection: Connection, ids: Collection[str]) -> int:
    rows = 0
    for which in PLANNED_OR_AGAIN:
        deliveries = select(DELIVERIES.c.id).where(which, _of(ids))
        attempts = delete(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(deliveries))
        rows += connection.execute(attempts).rowcount
        rows += connection.execute(delete(DELIVERIES).where(which, _of(ids))).rowcount
    return rows + connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids))).rowcount


def _of(ids: Collection[str]) -> ColumnElement[bool]:
    return DELIVERIES.c.event_id.in_(ids)
