"""Drop expired partitions of the log on PostgreSQL, in place of deleting their rows one by one.

What is still needed of them moves to the default partition, where it is deleted later.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    delete,
    exists,
    not_,
    or_,
    select,
    union,
)

from webhooks_app.database import partitions
from webhooks_app.database.partitions import ATTEMPTS, EVENTS, Log, Partition
from webhooks_app.deliveries.expired_events import DELIVERIES, IS_OPEN, PLANNED_OR_AGAIN
from webhooks_app.lib.ids import floor_id, made_at
from webhooks_app.models import EventKey
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Key, Part, Stepped

KEYS = cast(Table, EventKey.__table__)


def expired_partitions(engine: Engine, before: datetime) -> Iterator[Part]:
    """Nothing while no partition lies wholly before that moment, and on SQLite.

    Deliveries go first, so that none is ever without its event. Keys go before their events: one
    that is left behind would refuse later events.
    """
    expired = [
        (log, one) for log in (ATTEMPTS, EVENTS) for one in partitions.expired(engine, log, before)
    ]
    if not expired:
        return
    end = max(made_at(one.end) for _, one in expired).timestamp()
    old = DELIVERIES.c.id < floor_id("msg", end)
    deliveries = walk(DELIVERIES, [DELIVERIES.c.id], old, over=not_(IS_OPEN))
    yield part(engine, "deliveries of partitions", deliveries)
    old = KEYS.c.event_id < floor_id("evt", end)
    keys = walk(KEYS, [KEYS.c.event_id], old, over=not_(_is_needed()))
    yield part(engine, "keys of partitions", keys)
    for log, one in expired:
        yield _dropping(engine, log, one)


def _dropping(engine: Engine, log: Log, one: Partition) -> Part:
    needed, move = {ATTEMPTS: (_deliveries, _nothing), EVENTS: (_events, _give_back_keys)}[log]

    def step(_: Key, __: int) -> Stepped:
        return Stepped(int(partitions.drop(engine, log, one, needed(one), move)), None)

    return Part("partitions", step, one.name)


def _is_needed() -> ColumnElement[bool]:
    of_event = DELIVERIES.c.event_id == KEYS.c.event_id
    return or_(*(exists().where(of_event, which) for which in PLANNED_OR_AGAIN))


def _deliveries(one: Partition) -> Select[str]:
    """The deliveries that are left. Their attempts are needed."""
    return select(DELIVERIES.c.id).where(*_within(DELIVERIES.c.id, one))


def _events(one: Partition) -> Select[str]:
    """The events that have a delivery left: one that is open, or a later replay."""
    found = union(
        *(
            select(DELIVERIES.c.event_id).where(which, *_within(DELIVERIES.c.event_id, one))
            for which in PLANNED_OR_AGAIN
        )
    ).subquery()
    return select(found.c.event_id)


def _within(column: ColumnElement[str], one: Partition) -> tuple[ColumnElement[bool], ...]:
    return column >= one.start, column < one.end


def _nothing(_: Connection, __: Sequence[str]) -> None:
    pass


def _give_back_keys(connection: Connection, ids: Sequence[str]) -> None:
    """They are taken again when their events move."""
    connection.execute(delete(KEYS).where(KEYS.c.event_id.in_(ids)))
