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
    column,
    delete,
    exists,
    not_,
    or_,
    select,
    table,
    text,
    union,
)

from webhooks_app.database import partitions
from webhooks_app.database.partitions import LOGS, Log, Move, Outcome, Partition
from webhooks_app.deliveries.expired_events import IS_OPEN, expired_events, orphaned_attempts
from webhooks_app.deliveries.of_events import DELIVERIES, IS_AGAIN, IS_PLANNED, PLANNED
from webhooks_app.lib.ids import floor_id, made_at
from webhooks_app.models import EventKey, Queued
from webhooks_app.models.delivery import OLDER_DELAYED, OLDER_READY
from webhooks_app.operations.deleting import Change, part, walk
from webhooks_app.operations.slices import Key, Part, Stepped

DELIVERIES_LOG, ATTEMPTS_LOG, EVENTS_LOG = LOGS
KEYS = cast(Table, EventKey.__table__)
QUEUE = cast(Table, Queued.__table__)
OLDER = (OLDER_READY, OLDER_DELAYED)
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
    deliveries, attempts, events = (partitions.expired(engine, log, before) for log in LOGS)
    in_use: set[Log] = set()
    for log, expired in ((DELIVERIES_LOG, deliveries), (ATTEMPTS_LOG, attempts)):
        for one in expired:
            yield _dropping(engine, log, one, in_use)
    if events:
        is_old = KEYS.c.event_id < events[-1].end
        keys = walk(KEYS, [KEYS.c.event_id], is_old, over=not_(_is_needed()))
        yield part(engine, "keys of partitions", keys)
    for one in events:
        yield _dropping(engine, EVENTS_LOG, one, in_use)


def _dropping(engine: Engine, log: Log, one: Partition, in_use: set[Log]) -> Part:
    """It is emptied row by row if it cannot be dropped.

    Everybody waits behind each try, so the first one that finds the table in use is the last. While
    deliveries are left, so are their attempts and events.
    """
    needed, emptied = {
        DELIVERIES_LOG: (_to_keep, _ended),
        ATTEMPTS_LOG: (_deliveries, orphaned_attempts),
        EVENTS_LOG: (_events, expired_events),
    }[log]
    move: Move = partial(_settle_keys, one) if log is EVENTS_LOG else _nothing
    emptying = part(engine, "partitions", emptied(made_at(one.end)))

    def step(after: Key, size: int) -> Stepped:
        if after:
            return emptying.step(after, size)
        if in_use & {log, DELIVERIES_LOG}:
            return Stepped(0, None)
        outcome = partitions.drop(engine, log, one, needed(one), move)
        if outcome is Outcome.IN_USE:
            in_use.add(log)
        is_left = outcome is Outcome.IN_ROWS
        return Stepped(int(outcome is Outcome.DROPPED), (one.start,) if is_left else None)

    return Part("partitions", step, one.name)


def _is_needed() -> ColumnElement[bool]:
    of_event = DELIVERIES.c.event_id == KEYS.c.event_id
    return or_(*(exists().where(of_event, which) for which in (IS_PLANNED, IS_AGAIN)))


def _to_keep(one: Partition) -> Select[str]:
    """The deliveries that have not ended, and all of an event that has a younger replay.

    No index of the log has their state. They are read from the partition itself, since this is
    asked again once that is detached.
    """
    here = table(one.name, *map(column, ("id", "event_id", "trigger")))
    queued = select(QUEUE.c.delivery_id).where(*_within(QUEUE.c.delivery_id, one))
    older = (select(here.c.id).where(text(which)) for which in OLDER)
    again = select(DELIVERIES.c.event_id).where(
        IS_AGAIN,
        DELIVERIES.c.event_id < floor_id("evt", made_at(one.end).timestamp()),
        DELIVERIES.c.id >= one.end,
    )
    halves = (here.c.trigger == PLANNED, here.c.trigger != PLANNED)
    of_those = (select(here.c.id).where(half, here.c.event_id.in_(again)) for half in halves)
    return select(union(queued, *older, *of_those).subquery().c[0])


def _ended(before: datetime) -> Change:
    """Delete the others."""
    end, again = floor_id("msg", before.timestamp()), DELIVERIES.alias()
    has_younger = exists().where(
        again.c.trigger != PLANNED, again.c.event_id == DELIVERIES.c.event_id, again.c.id >= end
    )
    is_over = not_(IS_OPEN) & not_(has_younger)
    return walk(DELIVERIES, [DELIVERIES.c.id], DELIVERIES.c.id < end, over=is_over)


def _deliveries(one: Partition) -> Select[str]:
    """The deliveries that are left. Their attempts are needed."""
    return select(DELIVERIES.c.id).where(*_within(DELIVERIES.c.id, one))


def _events(one: Partition) -> Select[str]:
    """The events that have a delivery left: one that is open, or a later replay."""
    found = union(
        *(
            select(DELIVERIES.c.event_id).where(which, *_within(DELIVERIES.c.event_id, one))
            for which in (IS_PLANNED, IS_AGAIN)
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
