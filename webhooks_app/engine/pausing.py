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
    select,
    text,
    update,
)

from webhooks_app.database import choose
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.engine.expired_leases import log_lost
from webhooks_app.engine.promotion import promote_those_of
from webhooks_app.engine.switching_off import BATCH, cancel_of
from webhooks_app.lib.ids import floor_id
from webhooks_app.models import Delivery, Subscription
from webhooks_app.models.delivery import HALVES, READY
from webhooks_app.notices.dashboard_notices import NoticeOf, notify
from webhooks_app.operations.deleting import part
from webhooks_app.operations.slices import Key, Part, Stepped
from webhooks_app.organisations.audit_log import Target, record_automatic
from webhooks_app.vocabulary import WAITING, DeliveryStatus

DELIVERIES = cast(Table, Delivery.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)

# People should see in the log what was cancelled, before the log forgets it.
SEEN_FOR = timedelta(days=1)


def bring_back(connection: Connection, subscription_id: str, now: datetime) -> None:
    """Make due what an earlier resume had put off, the oldest first: from when it was made.

    A retry that was put off keeps its time, since it looks like one that waits for its backoff.
    """
    force_index_scans(connection)
    made, latest = DELIVERIES.c.created_at, now - timedelta(microseconds=1)
    connection.execute(
        update(DELIVERIES)
        .where(
            DELIVERIES.c.subscription_id == subscription_id,
            DELIVERIES.c.status == DeliveryStatus.PENDING.value,
            text(READY),
            DELIVERIES.c.due_at > made,
        )
        .values(due_at=case((made < latest, made), else_=latest))
    )


def spread(connection: Connection, subscription_id: str, now: datetime, rate: float) -> None:
    """Give each delivery that was due before `now` its own time, `rate` a second, oldest first."""
    force_index_scans(connection)
    promote_those_of(connection, subscription_id, now)
    give_times = choose(connection, postgresql=_spread_postgres, sqlite=_spread_sqlite)
    give_times(connection, subscription_id, now, 1 / rate)


# In one statement, since the first ones are due while the last ones get their times. With a CASE,
# as in `record`, so that stale statistics lead to no other plan than by the key.
POSTGRES_SPREAD = f"""
    UPDATE deliveries AS d
    SET due_at = CAST(:now AS timestamptz) + (w.place - 1) * make_interval(secs => :gap)
    FROM (
        SELECT id, row_number() OVER (ORDER BY due_at, id) AS place FROM deliveries
        WHERE subscription_id = :subscription_id AND {READY} AND due_at < :now
            AND status IN ('pending', 'retrying')
    ) AS w
    WHERE d.id = w.id AND CASE WHEN d.due_at < :now THEN true END"""


def _spread_postgres(
    connection: Connection, subscription_id: str, now: datetime, gap: float
) -> None:
    values = {"subscription_id": subscription_id, "now": now, "gap": gap}
    connection.execute(text(POSTGRES_SPREAD), values)


def _spread_sqlite(connection: Connection, subscription_id: str, now: datetime, gap: float) -> None:
    deliveries, place = DELIVERIES.c, 0
    waiting = select(deliveries.id).where(
        deliveries.subscription_id == subscription_id,
        deliveries.status.in_(WAITING),
        text(READY),
        deliveries.due_at < now,
    )
    batch = waiting.order_by(deliveries.due_at, deliveries.id).limit(BATCH)
    while ids := connection.scalars(batch).all():
        connection.execute(
            update(DELIVERIES)
            .where(deliveries.id == bindparam("one"))
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
    force_index_scans(connection)
    deliveries = DELIVERIES.c
    released = (
        update(DELIVERIES)
        .where(
            deliveries.subscription_id.in_(_paused()),
            deliveries.status == DeliveryStatus.SENDING.value,
            deliveries.due_at < now,
        )
        .values(
            status=case(
                (deliveries.failures > 0, DeliveryStatus.RETRYING.value),
                else_=DeliveryStatus.PENDING.value,
            ),
            claimed_by=None,
        )
        .returning(deliveries.id, deliveries.tries)
    )
    for half in HALVES:
        rows = connection.execute(released.where(half)).all()
        log_lost(connection, [(row.id, row.tries) for row in rows])


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
        DELIVERIES.c.subscription_id == row.id,
        DELIVERIES.c.id < floor_id("msg", (now - longest).timestamp()),
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
