"""Drop expired partitions of the log on PostgreSQL, in place of deleting their rows one by one.

What is still needed of them moves to the default partition, where it is deleted later.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
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
    text,
    union,
)

from webhooks_app.database import partitions
from webhooks_app.database.partitions import ATTEMPTS, EVENTS, Log, Move, Outcome, Partition
from webhooks_app.deliveries.expired_events import (
    DELIVERIES,
    IS_OPEN,
    PLANNED_OR_AGAIN,
    expired_events,
    orphaned_attempts,
)
from webhooks_app.lib.ids import floor_id, made_at
from webhooks_app.models import EventKey
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Key, Part, Stepped

KEYS = cast(Table, EventKey.__table__)
KINDS = ("idempotency_key", "source_id")
LOST = """
    UPDATE {name} AS e SET {kind} = NULL WHERE id = ANY(:ids) AND {kind} IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM event_keys AS k WHERE k.organisation_id = e.organisation_id
        AND k.mode = e.mode AND k.kind = '{kind}' AND k.key = e.{kind} AND k.event_id = e.id)"""


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
    in_use: set[Log] = set()
    for log, one in expired:
        yield _dropping(engine, log, one, in_use)


def _dropping(engine: Engine, log: Log, one: Partition, in_use: set[Log]) -> Part:
    """It is emptied row by row if it cannot be dropped.

    Everybody waits behind each try, so the first one that finds the table in use is the last.
    """
    needed, emptied = {
        ATTEMPTS: (_deliveries, orphaned_attempts),
        EVENTS: (_events, expired_events),
    }[log]
    move: Move = partial(_settle_keys, one) if log is EVENTS else _nothing
    emptying = part(engine, "partitions", emptied(made_at(one.end)))

    def step(after: Key, size: int) -> Stepped:
        if after:
            return emptying.step(after, size)
        if log in in_use:
            return Stepped(0, None)
        outcome = partitions.drop(engine, log, one, needed(one), move)
        if outcome is Outcome.IN_USE:
            in_use.add(log)
        is_left = outcome is Outcome.IN_ROWS
        return Stepped(int(outcome is Outcome.DROPPED), (one.start,) if is_left else None)

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


def _settle_keys(one: Partition, connection: Connection, ids: Sequence[str]) -> None:
    """Their keys are taken again when they move, except those that are no longer theirs."""
    for kind in KINDS:
        lost = text(LOST.format(name=one.name, kind=kind))
        connection.execute(lost, {"ids": ids})
    connection.execute(delete(KEYS).where(KEYS.c.event_id.in_(ids)))
