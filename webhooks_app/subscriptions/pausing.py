"""Pause and resume actions and webhooks. What is paused keeps its deliveries."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.database import clock, unhurried
from webhooks_app.engine import pausing
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import fits_every_zone, rfc3339, utcnow
from webhooks_app.models import Subscription
from webhooks_app.operations.slices import Part
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.subscriptions.saving import commit_change


def pause(session: Session, row: Subscription, until: datetime | None = None) -> None:
    """Let its deliveries wait, committed, until someone resumes it or about a minute after `until`.

    What is being sent right now may still arrive. One that is paused gets the new end. Raises
    `Conflict` for one that is off, `Invalid` for an `until` that has passed.
    """
    now = utcnow()
    if until is not None and not (now < until and fits_every_zone(until)):
        raise Invalid(Fault("#/until", "Give a time in the future."))
    if not row.enabled:
        raise Conflict(f"This {row.kind} is off. Switch it on first.")
    if row.is_paused and row.paused_until == until:
        return
    row.paused_at, row.paused_until = row.paused_at or now, until
    ends = {"until": rfc3339(until)} if until else {}
    record(session, f"{row.kind}.paused", Target.of(row), **ends)
    commit_change(session, row)


def resume(session: Session, row: Subscription, rate: float | None = None) -> None:
    """Send what waits, committed: all of it now, or `rate` deliveries a second, oldest first.

    New deliveries are sent at once, not behind them. One that is not paused does not change.
    """
    # So that of two at once, only one gives the deliveries their times.
    session.execute(select(Subscription.id).where(Subscription.id == row.id).with_for_update())
    session.refresh(row)
    if not row.is_paused:
        return
    connection = session.connection()
    unhurried(connection)
    now = clock(connection)
    pausing.bring_back(connection, row.id, now)
    if rate is not None:
        pausing.spread(connection, row.id, now, rate)
    row.paused_at = row.paused_until = None
    at_rate = {"rate": rate} if rate is not None else {}
    record(session, f"{row.kind}.resumed", Target.of(row), **at_rate)
    commit_change(session, row)
    queue.nudge()


def resume_due(engine: Engine, now: datetime) -> None:
    """Resume what was paused until now."""
    with engine.begin() as connection:
        resumed = pausing.resume_due(connection, now)
    if resumed:
        queue.nudge()


def cancel_expired(engine: Engine, now: datetime, days: int, shorter: Mapping[str, int]) -> Part:
    """See `engine.pausing`."""
    return pausing.cancel_expired(engine, now, days, shorter)
