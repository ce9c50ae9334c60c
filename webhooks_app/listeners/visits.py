"""The lease of a listener: who may come, and how each visit renews it."""

from datetime import datetime, timedelta
from time import sleep
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Engine,
    SQLColumnExpression,
    TextClause,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from webhooks_app.database import choose, clock, reading
from webhooks_app.engine import rate_limiter
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Listener, Queued, Subscription
from webhooks_app.models.queued import HALVES

STEP = 0.05  # seconds between two looks of whoever waits
RENEW_AFTER = timedelta(seconds=5)
TAKEN_OVER = "Another computer or terminal has taken this listener over."


class ListenerEnded(Exception):
    """Someone stopped the listener; the message says how."""


class Found(NamedTuple):
    listener: Listener
    subscription: Subscription


def find(session: Session, tenant: Tenant, key_id: str, listener_id: str) -> Found:
    """A listener of that key. Raises `NotFound`, also once it has ended by itself."""
    row = session.execute(
        select(Listener, Subscription)
        .join(Subscription, Subscription.id == Listener.subscription_id)
        .where(
            Subscription.in_tenant(tenant),
            Listener.api_key_id == key_id,
            Listener.subscription_id == listener_id,
        )
    ).first()
    if row is None:
        raise NotFound
    return Found(*row)


def visit(
    session: Session, tenant: Tenant, key_id: str, listener_id: str, session_id: str
) -> Found:
    """The same for its newest session, with its lease renewed; committed.

    Raises `NotFound`, `ListenerEnded`, and `Conflict` for an earlier session.
    """
    row = find(session, tenant, key_id, listener_id).subscription
    if row.deleted_at is not None:
        raise ListenerEnded("Someone deleted this listener in the dashboard.")
    if not row.enabled:
        raise ListenerEnded(
            f"This listener was switched off: {row.disabled_reason}"
            if row.disabled_reason
            else f"{row.disabled_by or 'Someone'} switched this listener off."
        )
    return report(session, tenant, key_id, listener_id, session_id)


def report(
    session: Session, tenant: Tenant, key_id: str, listener_id: str, session_id: str
) -> Found:
    """The same also after someone has switched it off or deleted it: what it sent is known."""
    found = find(session, tenant, key_id, listener_id)
    if found.listener.session_id != session_id:
        raise Conflict(TAKEN_OVER)
    _renew(session, found.listener)
    return found


def wait_for_due(database: Engine, listener_id: str, session_id: str, until: datetime) -> None:
    """Until something can be taken, the listener ends or is taken over, or until `until`.

    No transaction is open meanwhile.
    """
    while utcnow() < until:
        is_due = and_(
            Subscription.paused_at.is_(None),
            or_(*(_is_due(database, listener_id, half) for half in HALVES)),
        )
        look = (
            select(is_due)
            .join(Listener, Listener.subscription_id == Subscription.id)
            .where(
                Listener.subscription_id == listener_id,
                Listener.session_id == session_id,
                Subscription.enabled,
                Subscription.deleted_at.is_(None),
            )
        )
        with reading(database) as connection:
            due = connection.scalar(look)
        if due is None or (due and not _is_held_back(database, listener_id)):
            return
        sleep(STEP)


def _is_due(database: Engine, listener_id: str, half: TextClause) -> ColumnElement[bool]:
    has_clock = choose(database, postgresql=True, sqlite=False)
    now: SQLColumnExpression[datetime] | datetime = func.now() if has_clock else utcnow()
    is_free = or_(Queued.leased_until.is_(None), Queued.leased_until <= now)
    due = select(Queued.delivery_id).where(Queued.subscription_id == listener_id, half)
    return due.where(Queued.due_at <= now, is_free).exists()


def _is_held_back(database: Engine, listener_id: str) -> bool:
    return rate_limiter.held(database, [listener_id]).get(listener_id, 0) > 0


def _renew(session: Session, listener: Listener) -> None:
    """Not each time: the row would be written as often as there are deliveries."""
    until = clock(session.connection()) + timedelta(seconds=listener.keep_for)
    if until - listener.alive_until > RENEW_AFTER:
        session.execute(
            update(Listener)
            .where(Listener.subscription_id == listener.subscription_id)
            .values(alive_until=until)
        )
    session.commit()
