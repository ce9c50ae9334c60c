"""Send many deliveries again, as a job that people can watch and cancel."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session, load_only

from webhooks_app import queue
from webhooks_app.database import begin_reading, clock
from webhooks_app.database.bulk import force_index_scans, walk_in_order
from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries import missed
from webhooks_app.deliveries.filters import (
    Filters,
    by_id,
    first_of,
    fits,
    oldest_first,
    rest_of,
    walked,
)
from webhooks_app.deliveries.send_again import bring_forward, hold_kept, row_of_replay
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.lib.paging import Page, PageBounds, page_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.models import Delivery, Event, ReplayBatch, Subscription
from webhooks_app.models.shapes import is_readable
from webhooks_app.notices.dashboard_notices import UNREADABLE, NoticeOf, notify
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.organisations.system_events import Happened, tell
from webhooks_app.vocabulary import OPEN

STEP = 500
BUDGET = 20.0
COUNTING = 3.0
STALLED_AFTER = timedelta(seconds=30)
SAME_CLICK = timedelta(minutes=1)
MOST_COUNTED = 1_000_000
MOST_SHOWN = 10_000
RUNNING, FINISHED, CANCELLED = "running", "finished", "cancelled"
NOTHING = Filters()
# What the event about its end says.
TOLD = (
    ReplayBatch.id,
    ReplayBatch.status,
    ReplayBatch.total,
    ReplayBatch.replayed,
    ReplayBatch.retried,
    ReplayBatch.recovered,
    ReplayBatch.skipped,
    ReplayBatch.requested_by,
)


def start(
    session: Session,
    tenant: Tenant,
    requested_by: str,
    filters: Filters,
    delivery_ids: Sequence[str] = (),
) -> ReplayBatch:
    """Start a replay of `delivery_ids`, or without them of all that match `filters`; committed.

    A job does the work. While the same replay runs, it is returned instead: a second click must not
    send everything twice.
    """
    for batch in session.scalars(_batches_of(tenant, ReplayBatch.status == RUNNING)):
        if _is_the_same(batch, filters, delivery_ids):
            return batch
    now = clock(session.connection())
    batch = ReplayBatch(
        id=new_id("rpl"),
        organisation_id=tenant.organisation_id,
        mode=tenant.mode,
        filters=filters.as_json(),
        delivery_ids=list(delivery_ids),
        end=floor_id("msg", now.timestamp()),
        status=RUNNING,
        total=len(delivery_ids) or None,
        requested_by=requested_by,
        created_at=now,
        updated_at=now,
    )
    session.add(batch)
    chosen = {"deliveries": len(delivery_ids)} if delivery_ids else filters.as_json()
    record(session, "replay.started", _target(batch), **chosen)
    session.commit()
    ask_to_go_on(batch.id, now)
    return batch


def _is_the_same(batch: ReplayBatch, filters: Filters, delivery_ids: Sequence[str]) -> bool:
    """The last 24 hours begin a little later at a second click."""
    if not _is_readable(batch) or batch.delivery_ids != list(delivery_ids):
        return False
    running = Filters.read(batch.filters)
    if running.since and filters.since and abs(running.since - filters.since) < SAME_CLICK:
        filters = replace(filters, since=running.since)
    return running == filters


def ask_to_go_on(batch_id: str, now: datetime) -> None:
    """Ask for a job that works on a replay; never raises."""
    queue.enqueue_background(queue.REPLAY_BATCH, batch_id, now.isoformat())


def find_batch(session: Session, tenant: Tenant, batch_id: str) -> ReplayBatch:
    """Raises `NotFound`, also for another organisation's replay."""
    batch = session.scalar(_batches_of(tenant, ReplayBatch.id == batch_id))
    if batch is None:
        raise NotFound
    return batch


def list_batches(session: Session, tenant: Tenant, window: PageBounds) -> Page[ReplayBatch]:
    """Newest first."""
    query = _batches_of(tenant)
    if window.below is not None:
        query = query.where(ReplayBatch.id < window.below)
    rows = session.scalars(query.order_by(ReplayBatch.id.desc()).limit(window.size + 1)).all()
    return page_of(rows, [row.id for row in rows], window.size)


def running(session: Session, tenant: Tenant) -> ReplayBatch | None:
    """The newest replay that still runs."""
    query = _batches_of(tenant, ReplayBatch.status == RUNNING)
    return session.scalar(query.order_by(ReplayBatch.id.desc()).limit(1))


def may_have_more(batch: ReplayBatch) -> bool:
    """Whether the counting of a running one may have ended before the log did."""
    return batch.status == RUNNING and bool(rest_of(Filters.read(batch.filters), Delivery))


def made_by(batch: ReplayBatch, filters: Filters = NOTHING) -> Filters:
    """`filters`, limited to the deliveries of this replay.

    It includes those of other replays at the same time: a delivery does not name its replay.
    """
    since, until = batch.created_at, (batch.finished_at or utcnow()) + timedelta(seconds=1)
    only = Filters.read(batch.filters).subscription_id if _is_readable(batch) else None
    return replace(
        filters,
        again=True,
        originals=tuple(batch.delivery_ids),
        subscription_id=filters.subscription_id or only,
        since=max(since, filters.since or since),
        until=min(until, filters.until or until),
    )


def states_of(session: Session, batch: ReplayBatch) -> Mapping[str, int]:
    """About how many of the deliveries that it made, at most `MOST_SHOWN`, are in which state."""
    filters = made_by(batch)
    newest = first_of(walked(_tenant(batch), filters), filters, deliveries.LOOKED_THROUGH)
    made = select(newest.status).where(*rest_of(filters, newest))
    those = made.limit(MOST_SHOWN).subquery()
    counted = select(those.c.status, func.count()).group_by(those.c.status)
    return {row[0]: row[1] for row in session.execute(counted)}


def cancel(session: Session, batch: ReplayBatch) -> None:
    """Stop a replay, committed. What it has replayed so far stays."""
    _end(session, batch.id, CANCELLED)
    record(session, "replay.cancelled", _target(batch))
    session.commit()
    session.refresh(batch)


def work(session: Session, batch_id: str, asked_at: datetime | None = None) -> bool:
    """Work on a replay for `BUDGET` seconds; True when something is left to do.

    Does nothing if another job has worked on it since `asked_at`: that one has its own successor.
    Otherwise, each time that a replay only seems stalled because the queue is long, one more job
    would stay in the queue. Each step is a transaction that moves `position` past the deliveries
    that it looked at. So a killed job continues where it was, and of two jobs at once only one
    takes a step. What matches is looked for before that transaction: on SQLite nobody else could
    write in that time.
    """
    deadline = monotonic() + BUDGET
    while monotonic() < deadline:
        begin_reading(session)
        batch = session.get(ReplayBatch, batch_id, populate_existing=True)
        if batch is None or batch.status != RUNNING or (asked_at and batch.updated_at > asked_at):
            session.rollback()
            return False
        asked_at = None
        if not _is_readable(batch):
            _give_up(session, batch)
            return False
        if batch.total is None:
            _count(session, batch)
        elif not (_step if batch.event_position is None else _recover)(session, batch):
            return False
    return True


def stalled(session: Session) -> Sequence[str]:
    """Replays that no job has worked on lately: their job was lost."""
    begin_reading(session)
    before = clock(session.connection()) - STALLED_AFTER
    found = session.scalars(
        select(ReplayBatch.id).where(ReplayBatch.status == RUNNING, ReplayBatch.updated_at < before)
    ).all()
    session.rollback()
    return found


def _is_readable(batch: ReplayBatch) -> bool:
    """Whether its filters can be read. Unreadable ones must not mean "everything"."""
    try:
        Filters.read(batch.filters)
    except msgspec.ValidationError:
        return False
    return is_readable(batch.filters, batch.delivery_ids)


def _give_up(session: Session, batch: ReplayBatch) -> None:
    about = NoticeOf(batch.organisation_id, batch.mode)
    session.rollback()
    _end(session, batch.id, CANCELLED)
    title, body = "A replay was cancelled", "Its filters can no longer be read."
    notify(session.connection(), about, UNREADABLE, title, body, clock(session.connection()))
    session.commit()


def _count(session: Session, batch: ReplayBatch) -> None:
    """With filters that no index has, it is counted for a while only: there may be more."""
    filters, tenant = _filters(session, batch), _tenant(batch)
    if rest_of(filters, Delivery):
        total, deadline = 0, monotonic() + COUNTING
        for counted in deliveries.counts(session, tenant, filters):
            total += counted
            if monotonic() > deadline:
                break
    else:
        total = deliveries.count(session, tenant, filters, MOST_COUNTED)
    session.rollback()
    batch.total = total
    batch.updated_at = clock(session.connection())
    session.commit()


def _step(session: Session, batch: ReplayBatch) -> bool:
    """Replay the next deliveries; False at the end, or if another job took them."""
    now, batch_id, before = clock(session.connection()), batch.id, batch.position
    position, found = _next(session, batch)
    more = position is not None
    served = [delivery for delivery, on in found if on]
    going_on = [delivery.id for delivery in served if delivery.status in OPEN]
    ended = [(one.event_id, row_of_replay(one, now)) for one in served if one.status not in OPEN]
    event_position = None
    if not more and missed.gaps(session, _tenant(batch), _missed_by(batch)):
        more, event_position = True, ""
    session.rollback()
    kept = hold_kept(session, {event_id for event_id, _ in ended})
    again = [row for event_id, row in ended if event_id in kept]
    values = {
        "position": position or before,
        "event_position": event_position,
        "replayed": ReplayBatch.replayed + len(again),
        "retried": ReplayBatch.retried + len(going_on),
        "skipped": ReplayBatch.skipped + len(found) - len(going_on) - len(again),
    }
    here = ReplayBatch.position.is_not_distinct_from(before), ReplayBatch.event_position.is_(None)
    if not _move(session, batch_id, *here, values=values):
        return False
    bring_forward(session, going_on, now)
    enqueue(session.connection(), again)
    return _commit_step(session, batch_id, more, bool(going_on or again))


def _recover(session: Session, batch: ReplayBatch) -> bool:
    """Send the next missed events; False at the end, or if another job took them."""
    now, batch_id, before = clock(session.connection()), batch.id, batch.event_position or ""
    tenant = _tenant(batch)
    gaps = missed.gaps(session, tenant, _missed_by(batch))
    found, position = missed.step(session, tenant, gaps, before) if gaps else ({}, None)
    session.rollback()
    recovered = missed.send(session, tenant, found, now) if found else 0
    values = {
        "event_position": position or before,
        "recovered": ReplayBatch.recovered + recovered,
    }
    if not _move(session, batch_id, ReplayBatch.event_position == before, values=values):
        return False
    return _commit_step(session, batch_id, position is not None, recovered > 0)


def _missed_by(batch: ReplayBatch) -> Filters:
    """The end of the replay: later deliveries are not part of it."""
    filters = Filters.read(batch.filters)
    return replace(filters, until=min(filters.until or batch.created_at, batch.created_at))


def _move(
    session: Session, batch_id: str, *here: ColumnElement[bool], values: Mapping[str, object]
) -> bool:
    """Move the replay on from `position`.

    True for only one of several jobs at the same position.
    """
    moved = session.scalar(
        update(ReplayBatch)
        .where(ReplayBatch.id == batch_id, ReplayBatch.status == RUNNING, *here)
        .values(**values, updated_at=clock(session.connection()))
        .returning(ReplayBatch.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        session.rollback()
    return moved is not None


def _commit_step(session: Session, batch_id: str, more: bool, due: bool) -> bool:
    if not more:
        _end(session, batch_id, FINISHED)
    session.commit()
    if due:
        queue.nudge()
    return more


def _next(
    session: Session, batch: ReplayBatch
) -> tuple[str | None, Sequence[tuple[Delivery, bool]]]:
    """The next deliveries, oldest first, that fit, each with whether its subscription is on and its
    event's data still there. Before them, the last delivery that was looked at; None at the end.

    Like a page of the log, it looks through a part of the log, however few deliveries fit.
    """
    filters = _filters(session, batch)
    within = [*walked(_tenant(batch), filters), Delivery.id < batch.end]
    if batch.delivery_ids:
        within.append(Delivery.id.in_(batch.delivery_ids))
    if batch.position is not None:
        within.append(Delivery.id > batch.position)
    are_few = batch.delivery_ids or filters.event_id is not None
    (force_index_scans if are_few else walk_in_order)(session.connection())
    most = deliveries.looked_through(session, within, filters, oldest_first)
    # Known before the rest is read: what retention deletes meanwhile would move it further on.
    last = deliveries.last_of(session, within, filters, most, oldest_first)
    if last is not None:
        within.append(Delivery.id <= last)
    delivery = first_of(within, filters, most, oldest_first)
    query = (
        select(delivery, Event, Subscription.enabled, Subscription.deleted_at)
        .join(Event, Event.id == delivery.event_id)
        .join(Subscription, Subscription.id == delivery.subscription_id)
        .where(*rest_of(filters, delivery))
        .order_by(*oldest_first(filters, delivery))
        .limit(STEP)
    )
    if filters.field is None:
        query = query.options(load_only(Event.erased_at))
    rows = session.execute(query).all()
    return rows[-1][0].id if len(rows) == STEP else last, [
        (delivery, enabled and deleted_at is None and event.erased_at is None)
        for delivery, event, enabled, deleted_at in rows
        if fits(filters, event)
    ]


def _end(session: Session, batch_id: str, status: str) -> None:
    """End the replay, unless it has ended, and notify whoever subscribed."""
    now = clock(session.connection())
    ended = session.execute(
        update(ReplayBatch)
        .where(ReplayBatch.id == batch_id, ReplayBatch.status == RUNNING)
        .values(status=status, finished_at=now, updated_at=now)
        .returning(ReplayBatch.organisation_id, ReplayBatch.mode, *TOLD)
        .execution_options(synchronize_session=False)
    ).first()
    if ended is not None:
        organisation_id, mode, *told = ended
        data = dict(zip([column.key for column in TOLD], told, strict=True))
        happened = Happened("replay.finished", data)
        tell(session.connection(), Tenant(organisation_id, mode), happened)


def _filters(session: Session, batch: ReplayBatch) -> Filters:
    """They are stored as they were asked for, which workers of the version before understand."""
    return by_id(session, _tenant(batch), Filters.read(batch.filters))


def _tenant(batch: ReplayBatch) -> Tenant:
    return Tenant(batch.organisation_id, batch.mode)


def _target(batch: ReplayBatch) -> Target:
    return Target(batch.organisation_id, batch.id, "Replay of many deliveries", batch.mode)


def _batches_of(tenant: Tenant, *conditions: ColumnElement[bool]) -> Select[ReplayBatch]:
    return ReplayBatch.of(tenant).where(*conditions)
