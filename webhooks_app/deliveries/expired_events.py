"""Delete expired events, each with its deliveries and their attempts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import accumulate
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
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

EVENTS = cast(Table, Event.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
ATTEMPTS = cast(Table, Attempt.__table__)
# Whether something is left to do for a delivery. It is never deleted then.
IS_OPEN = DELIVERIES.c.due_at.is_not(None)
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
    expired = select(EVENTS.c.id).where(*own, EVENTS.c.id < floor_id("evt", oldest))
    in_order = expired.order_by(EVENTS.c.id).with_for_update(skip_locked=True)

    def change(connection: Connection, after: Key, size: int) -> Stepped:
        ahead = in_order.where(EVENTS.c.id > after[0]) if after else in_order
        found = connection.scalars(ahead.limit(size)).all()
        ids = _first(connection, found, size)
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


def _first(connection: Connection, ids: Sequence[str], most: int) -> Sequence[str]:
    """The first events, which have at most so many deliveries together; at least one event."""
    counted: dict[str, int] = dict.fromkeys(ids, 0)
    for which in PLANNED_OR_AGAIN:
        deliveries = select(DELIVERIES.c.event_id, func.count()).where(which, _of(ids))
        for event_id, count in connection.execute(deliveries.group_by(DELIVERIES.c.event_id)):
            counted[event_id] += count
    fitting = sum(total <= most for total in accumulate(counted.values()))
    return ids[: max(1, fitting)]


def _needed(connection: Connection, ids: Collection[str], oldest: str) -> set[str]:
    planned, again = PLANNED_OR_AGAIN
    needed = select(DELIVERIES.c.event_id).where(_of(ids))
    is_younger = DELIVERIES.c.id >= oldest
    return {
        *connection.scalars(needed.where(planned, IS_OPEN)),
        *connection.scalars(needed.where(again, IS_OPEN | is_younger)),
    }


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
