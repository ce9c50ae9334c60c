"""The deliveries of paused subscriptions: they wait, and leave at the rate that was asked for.

A claim passes over a paused subscription, so pausing costs nothing for each delivery. Resuming at a
rate gives each delivery its own time to be sent, which no restart forgets. New deliveries do not
wait behind them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    select,
    text,
    update,
)

from webhooks_app.database import choose
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.engine.adoption import adopt_some
from webhooks_app.engine.expired_leases import log_lost
from webhooks_app.engine.promotion import promote_those_of
from webhooks_app.engine.switching_off import BATCH, cancel_of
from webhooks_app.lib.ids import floor_id
from webhooks_app.models import Delivery, Queued, Subscription
from webhooks_app.models.queued import HALVES, READY
from webhooks_app.notices.dashboard_notices import NoticeOf, notify
from webhooks_app.operations.deleting import part
from webhooks_app.operations.slices import Key, Part, Stepped
from webhooks_app.organisations.audit_log import Target, record_automatic
from webhooks_app.vocabulary import DeliveryStatus

DELIVERIES = cast(Table, Delivery.__table__)
QUEUE = cast(Table, Queued.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)

# People should see in the log what was cancelled, before the log forgets it.
SEEN_FOR = timedelta(days=1)


def bring_back(connection: Connection, subscription_id: str, now: datetime) -> None:
    """Make due what an earlier resume had put off, the oldest first: from when it was made.

    A retry that was put off keeps its time, since it looks like one that waits for its backoff.
    """
    adopt_some(connection)
    force_index_scans(connection)
    made, latest = DELIVERIES.c.created_at, now - timedelta(microseconds=1)
    connection.execute(
        update(QUEUE)
        .where(
            QUEUE.c.subscription_id == subscription_id,
            text("NOT queue.delayed"),
            QUEUE.c.leased_until.is_(None),
            DELIVERIES.c.id == QUEUE.c.delivery_id,
            DELIVERIES.c.status == DeliveryStatus.PENDING.value,
            QUEUE.c.due_at > made,
        )
        .values(due_at=case((made < latest, made), else_=latest))
    )


def spread(connection: Connection, subscription_id: str, now: datetime, rate: float) -> None:
    """Give each delivery that was due before `now` its own time, `rate` a second, oldest first."""
    adopt_some(connection)
    force_index_scans(connection)
    promote_those_of(connection, subscription_id, now)
    give_times = choose(connection, postgresql=_spread_postgres, sqlite=_spread_sqlite)
    give_times(connection, subscription_id, now, 1 / rate)


# In one statement, since the first ones are due while the last ones get their times. With a CASE,
# as in `record`, so that stale statistics lead to no other plan than by the key.
POSTGRES_SPREAD = f"""
    UPDATE queue AS q
    SET due_at = CAST(:now AS timestamptz) + (w.place - 1) * make_interval(secs => :gap)
    FROM (
        SELECT delivery_id, row_number() OVER (ORDER BY due_at, delivery_id) AS place FROM queue
        WHERE subscription_id = :subscription_id AND {READY} AND due_at < :now
            AND leased_until IS NULL
    ) AS w
    WHERE q.delivery_id = w.delivery_id
        AND CASE WHEN q.due_at < :now THEN q.leased_until IS NULL END"""


def _spread_postgres(
    connection: Connection, subscription_id: str, now: datetime, gap: float
) -> None:
    values = {"subscription_id": subscription_id, "now": now, "gap": gap}
    connection.execute(text(POSTGRES_SPREAD), values)


def _spread_sqlite(connection: Connection, subscription_id: str, now: datetime, gap: float) -> None:
    queue, place = QUEUE.c, 0
    waiting = select(queue.delivery_id).where(
        queue.subscription_id == subscription_id,
        queue.leased_until.is_(None),
        text(READY),
        queue.due_at < now,
    )
    batch = waiting.order_by(queue.due_at, queue.delivery_id).limit(BATCH)
    while ids := connection.scalars(batch).all():
        connection.execute(
            update(QUEUE)
            .where(queue.delivery_id == bindparam("one"))
            .values(due_at=bindparam("at")),
            [
                {"one": id_, "at": now + timedelta(seconds=number * gap)}
                for number, id_ in enumerate(ids, place)
            ],
        )
        place += len(ids)


def resume_due(connection: Connection, now: datetime) -> bool:
    """Resume what was paused until now; whether there was any."""
    columns = SUBSCRIPTIONS.c
    resumed = connection.execute(
        update(SUBSCRIPTIONS)
        .where(columns.paused_until <= now, _is_paused())
        .values(paused_at=None, paused_until=None, updated_at=now, revision=columns.revision + 1)
        .returning(columns.id, columns.kind, columns.name, columns.organisation_id, columns.mode)
    ).all()
    for row in resumed:
        target = Target(row.organisation_id, row.id, row.name, row.mode)
        record_automatic(connection, f"{row.kind}.resumed", target, reason="Its pause ended.")
    return bool(resumed)


def release_expired(connection: Connection, now: datetime) -> None:
    """Make the deliveries that a dead worker was sending for a paused subscription wait like the
    others.
    """
    adopt_some(connection)
    force_index_scans(connection)
    queue, deliveries = QUEUE.c, DELIVERIES.c
    expired = (
        update(QUEUE)
        .where(queue.subscription_id.in_(_paused()), queue.leased_until <= now)
        .values(leased_until=None, claimed_by=None)
        .returning(queue.delivery_id)
    )
    ids = [id_ for half in HALVES for id_ in connection.scalars(expired.where(half))]
    waits = case(
        (deliveries.failures > 0, DeliveryStatus.RETRYING.value),
        else_=DeliveryStatus.PENDING.value,
    )
    released = connection.execute(
        update(DELIVERIES)
        .where(deliveries.id.in_(ids), deliveries.status == DeliveryStatus.SENDING.value)
        .values(status=waits)
        .returning(deliveries.id, deliveries.tries)
    ).all()
    # An engine of an older version has ended these meanwhile.
    over = set(ids) - {row.id for row in released}
    if over:
        connection.execute(delete(QUEUE).where(queue.delivery_id.in_(over)))
    log_lost(connection, [(row.id, row.tries) for row in released])


def cancel_expired(engine: Engine, now: datetime, days: int, shorter: Mapping[str, int]) -> Part:
    """Cancel what has waited for a paused subscription for as long as deliveries are kept.

    That is `days`, or what `shorter` says for an organisation. Each step is about one subscription.
    """
    paused = select(SUBSCRIPTIONS).where(_is_paused()).order_by(SUBSCRIPTIONS.c.id).limit(1)

    def change(connection: Connection, after: Key, _size: int) -> Stepped:
        ahead = paused.where(SUBSCRIPTIONS.c.id > after[0]) if after else paused
        row = connection.execute(ahead).first()
        if row is None:
            return Stepped(0, None)
        cancelled = _cancel_expired_of(connection, row, now, shorter.get(row.organisation_id, days))
        return Stepped(cancelled, after if cancelled == BATCH else (row.id,))

    return part(engine, "paused", change)


def _cancel_expired_of(connection: Connection, row: Row[Any], now: datetime, days: int) -> int:
    longest = max(timedelta(days=days) - SEEN_FOR, SEEN_FOR)
    why = (
        f"Cancelled: the {row.kind} was paused, and this waited for {longest.days} days. "
        "Nothing is kept for longer."
    )
    cancelled = cancel_of(
        connection,
        QUEUE.c.subscription_id == row.id,
        QUEUE.c.delivery_id < floor_id("msg", (now - longest).timestamp()),
        why=why,
    )
    if cancelled:
        _say(connection, row, longest.days, now)
    return cancelled


def _say(connection: Connection, row: Row[Any], days: int, now: datetime) -> None:
    notify(
        connection,
        NoticeOf(row.organisation_id, row.mode, row.id),
        "paused_too_long",
        f"{row.name}: paused deliveries were cancelled",
        f"They had waited for {days} days. Resume it to send what still waits.",
        now,
    )


def _paused() -> Select[str]:
    return select(SUBSCRIPTIONS.c.id).where(_is_paused())


def _is_paused() -> ColumnElement[bool]:
    """Whether it is paused.

    One that is off or deleted keeps its pause for Undo, but is not paused.
    """
    columns = SUBSCRIPTIONS.c
    return and_(columns.paused_at.is_not(None), columns.enabled, columns.deleted_at.is_(None))
