"""Count what each organisation used, by day, from the rows that are there anyway.

So accepting and delivering cost nothing more. A mark says up to which moment events and deliveries
are counted. It moves on in the transaction that adds what lies before it: nothing counts twice or
never. Attempts come from the hourly statistics. These may still grow for an hour that has passed,
so the last days are read again each time; a day's attempts only ever grow.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Engine, Table, case, exists, func, select

from webhooks_app.catalogue.operational import NAMES
from webhooks_app.catalogue.system import DIGEST
from webhooks_app.database import reading, upsert
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.lib.ids import floor_id, made_at
from webhooks_app.models import (
    CustomEventType,
    Delivery,
    DeliveryStat,
    Event,
    PeriodicRun,
    Subscription,
    Usage,
)
from webhooks_app.models.ownership import of_one_organisation
from webhooks_app.vocabulary import REAL_ORIGINS, Trigger

MARK = "usage is counted until"
LAG = timedelta(minutes=5)  # an id is a little older than its commit, and clocks differ
SLICE = timedelta(hours=1)
AGAIN = timedelta(days=1)
BUDGET = 60.0  # seconds of a run; the next one continues

USAGE = cast(Table, Usage.__table__)
EVENTS = cast(Table, Event.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
EVENT_TYPES = cast(Table, CustomEventType.__table__)
RUNS = cast(Table, PeriodicRun.__table__)

Counts = Mapping[tuple[str, str], int]  # by organisation and mode


def meter(engine: Engine, now: datetime) -> None:
    """Count what happened until a few minutes ago."""
    ends = time.monotonic() + BUDGET
    began = counted_until(engine) or _first_mark(engine, now)
    while _count_slice(engine, now - LAG) and time.monotonic() < ends:
        pass
    _count_attempts(engine, began - AGAIN)


def counted_until(engine: Engine) -> datetime | None:
    """The mark; None before the first run."""
    with reading(engine) as connection:
        return connection.scalar(select(RUNS.c.last_run_at).where(RUNS.c.name == MARK))


def _first_mark(engine: Engine, now: datetime) -> datetime:
    """Begin with the day of the oldest event."""
    with engine.begin() as connection:
        oldest = connection.scalar(select(func.min(EVENTS.c.id)))
        moment = made_at(oldest) if oldest else now - LAG
        first = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        row = upsert(connection, RUNS).values(name=MARK, last_run_at=first)
        connection.execute(row.on_conflict_do_nothing())
    return first


def _count_slice(engine: Engine, until: datetime) -> bool:
    """Count up to the next full hour, so within one day; False if that was all."""
    with engine.begin() as connection:
        mark = select(RUNS.c.last_run_at).where(RUNS.c.name == MARK).with_for_update()
        since: datetime = connection.scalars(mark).one()
        end = min(since.replace(minute=0, second=0, microsecond=0) + SLICE, until)
        if end <= since:
            return False
        force_index_scans(connection)
        events = _counted(connection, EVENTS, "evt", since, end)
        deliveries = _counted(connection, DELIVERIES, "msg", since, end)
        _add(connection, since.date(), events, deliveries)
        connection.execute(RUNS.update().where(RUNS.c.name == MARK).values(last_run_at=end))
    return end < until


def _counted(
    connection: Connection, table: Table, prefix: str, since: datetime, until: datetime
) -> Counts:
    """Without tests, pings, our own digests and system events; what is sent of the last two counts
    as deliveries."""
    columns = table.c
    real = columns.trigger != Trigger.TEST.value if table is DELIVERIES else _is_real()
    query = (
        select(columns.organisation_id, columns.mode, func.count())
        .where(
            columns.id >= floor_id(prefix, since.timestamp()),
            columns.id < floor_id(prefix, until.timestamp()),
            real,
        )
        .group_by(columns.organisation_id, columns.mode)
    )
    return {(organisation, mode): count for organisation, mode, count in connection.execute(query)}


def _is_real() -> ColumnElement[bool]:
    """A type with the name of a system event is real where the organisation registered it."""
    columns, types = EVENTS.c, EVENT_TYPES.c
    own = exists().where(
        of_one_organisation(EVENT_TYPES, EVENTS),
        types.name == columns.type,
        types.retired_at.is_(None),
    )
    real = columns.origin.in_([one.value for one in REAL_ORIGINS])
    return real & (columns.type.not_in([DIGEST, *sorted(NAMES)]) | own)


def _add(connection: Connection, day: date, events: Counts, deliveries: Counts) -> None:
    rows = [
        {
            "day": day,
            "organisation_id": key[0],
            "mode": key[1],
            "events": events.get(key, 0),
            "deliveries": deliveries.get(key, 0),
            "attempts": 0,
        }
        for key in sorted(events.keys() | deliveries.keys())
    ]
    given = _upsert(connection).excluded
    _store(
        connection,
        rows,
        events=USAGE.c.events + given.events,
        deliveries=USAGE.c.deliveries + given.deliveries,
    )


def _count_attempts(engine: Engine, since: datetime) -> None:
    first = since.replace(hour=0, minute=0, second=0, microsecond=0)
    with engine.begin() as connection:
        force_index_scans(connection)
        rows = _attempts(connection, first)
        given = _upsert(connection).excluded
        before, now = USAGE.c.attempts, given.attempts
        _store(connection, rows, attempts=case((before > now, before), else_=now))


def _attempts(connection: Connection, since: datetime) -> list[dict[str, object]]:
    """By day. The statistics are found by the key of each subscription."""
    query = (
        select(
            Subscription.organisation_id,
            Subscription.mode,
            DeliveryStat.hour,
            func.sum(DeliveryStat.count),
        )
        .join(DeliveryStat, DeliveryStat.subscription_id == Subscription.id)
        .where(DeliveryStat.hour >= since)
        .group_by(Subscription.organisation_id, Subscription.mode, DeliveryStat.hour)
    )
    found: dict[tuple[date, str, str], int] = {}
    for organisation_id, mode, hour, count in connection.execute(query):
        key = hour.date(), organisation_id, mode
        found[key] = found.get(key, 0) + int(count)
    return [
        dict(zip(("day", "organisation_id", "mode"), key, strict=True))
        | {"events": 0, "deliveries": 0, "attempts": count}
        for key, count in sorted(found.items())
    ]


def _upsert(connection: Connection) -> Any:
    return upsert(connection, USAGE)


def _store(connection: Connection, rows: Iterable[Mapping[str, object]], **added: object) -> None:
    if values := list(rows):
        keys = ["day", "organisation_id", "mode"]
        statement = _upsert(connection).on_conflict_do_update(index_elements=keys, set_=added)
        connection.execute(statement, values)
