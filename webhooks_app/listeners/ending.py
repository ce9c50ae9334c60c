"""End listeners, and what waits for them."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy.orm import Session

from webhooks_app.database import clock
from webhooks_app.engine.expired_leases import LISTENER_STOPPED
from webhooks_app.engine.switching_off import BATCH, cancel_of, end_tries, touch
from webhooks_app.models import Listener, Queued, Subscription
from webhooks_app.organisations.audit_log import SYSTEM, Target, act_as, record

STOPPED = "Cancelled: the listener was stopped."
WAS_AWAY = "Cancelled: the computer of the listener was away for too long."

QUEUE = cast(Table, Queued.__table__)


def end(session: Session, listener_id: str) -> None:
    """Delete it, committed. What it has not delivered is cancelled; the log stays."""
    _end(session, listener_id, Listener.subscription_id == listener_id, STOPPED)


def end_left(session: Session, now: datetime) -> None:
    """End those whose computer did not come in time."""
    act_as(SYSTEM)
    left = Listener.alive_until < now
    for listener_id in session.scalars(select(Listener.subscription_id).where(left)).all():
        _end(session, listener_id, left & (Listener.subscription_id == listener_id), WAS_AWAY)


def give_time(session: Session, now: datetime) -> None:
    """Let each have its whole time again, because no computer could come; committed."""
    for keep_for in session.scalars(select(Listener.keep_for).distinct()).all():
        until = now + timedelta(seconds=keep_for)
        short = (Listener.keep_for == keep_for) & (Listener.alive_until < until)
        session.execute(update(Listener).where(short).values(alive_until=until))
    session.commit()


def _end(session: Session, listener_id: str, which: ColumnElement[bool], why: str) -> None:
    """Not if it is no longer such a one: its computer may have come meanwhile."""
    row = session.get_one(Subscription, listener_id, with_for_update=True)
    ended = delete(Listener).where(which).returning(Listener.subscription_id)
    if session.scalar(ended.execution_options(synchronize_session=False)) is None:
        session.rollback()
        return
    if row.deleted_at is None:
        row.deleted_at = row.updated_at = clock(session.connection())
        record(session, "listener.ended", Target.of(row), reason=why.removeprefix("Cancelled: "))
        touch(session.connection(), row.organisation_id)
    session.commit()
    _cancel_open(session, listener_id, why)


def _cancel_open(session: Session, subscription_id: str, why: str) -> None:
    """After the commit that ends it, so that nothing new comes."""
    mine = QUEUE.c.subscription_id == subscription_id
    while cancel_of(session.connection(), mine, why=why) == BATCH:
        session.commit()
    end_tries(session.connection(), mine, why=why, lost=LISTENER_STOPPED)
    session.commit()
