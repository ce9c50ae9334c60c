"""Undo a deletion, or a person's switching off: nothing of the time in between is lost."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.database import clock
from webhooks_app.deliveries import missed, replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.engine.switching_off import wait_again
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Listener, Outage, Subscription
from webhooks_app.notices.dashboard_notices import NoticeOf
from webhooks_app.organisations import plans
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.subscriptions import queries, stored, switching
from webhooks_app.subscriptions.saving import commit_change
from webhooks_app.vocabulary import SubscriptionKind

UNDO_WITHIN = timedelta(minutes=10)
BROUGHT_BACK = "It was brought back."


def bring_back(session: Session, row: Subscription, requested_by: str) -> None:
    """Undo its deletion, or that someone switched it off; committed.

    Deliveries that this had cancelled wait again, due now and under the same ids. A replay sends
    the events that it missed. A second click continues if the first was killed. Raises `Conflict`
    when it is too late or cannot be done, and `PlanLimit`.
    """
    now = clock(session.connection())
    if _is_on(row):
        before = _last_undo(session, row, now)
        if before is not None:
            _make_up(session, row, before.began_at, before.ended_at, requested_by)
        return
    since = _since(row, now)
    if row.deleted_at is not None:
        _undelete(session, row)
    else:
        stored.of(row)
        _switch_on(session, row)
    if row.enabled:
        switching.record_outage(session, row, since, BROUGHT_BACK)
    commit_change(session, row)
    if row.enabled:
        _make_up(session, row, since, clock(session.connection()), requested_by)


def is_done(session: Session, row: Subscription) -> bool:
    """Whether it is on, and a recent undo has nothing left to do."""
    return _is_on(row) and _last_undo(session, row, clock(session.connection())) is None


def _is_on(row: Subscription) -> bool:
    return row.enabled and row.deleted_at is None


def _last_undo(session: Session, row: Subscription, now: datetime) -> Outage | None:
    undone = Outage.subscription_id == row.id, Outage.reason == BROUGHT_BACK
    recent = select(Outage).where(*undone, Outage.ended_at >= now - UNDO_WITHIN)
    return session.scalar(recent.order_by(Outage.id.desc()).limit(1))


def _switch_on(session: Session, row: Subscription) -> None:
    """Switch it on, with the pause that it had before."""
    paused = row.paused_at, row.paused_until
    switching.switch(session, row, True)
    row.paused_at, row.paused_until = paused


def _since(row: Subscription, now: datetime) -> datetime:
    since = row.deleted_at or (row.disabled_at if row.disabled_by is not None else None)
    if since is None or now - since > UNDO_WITHIN:
        minutes = int(UNDO_WITHIN.total_seconds() // 60)
        raise Conflict(f"This can be undone for {minutes} minutes only.")
    return since


def _undelete(session: Session, row: Subscription) -> None:
    if row.is_listener and session.get(Listener, row.id) is None:
        raise Conflict("Start this listener again on its computer, with `hookline listen`.")
    plans.check_room(session, row.organisation_id, plans.OF_KIND[SubscriptionKind(row.kind)])
    if row.own_key is not None and queries.key_is_taken(session, row):
        raise Conflict(f"Another {row.kind} now has its key {row.own_key!r}.")
    row.deleted_at = None
    record(session, f"{row.kind}.restored", Target.of(row))


def _make_up(
    session: Session, row: Subscription, since: datetime, until: datetime, requested_by: str
) -> None:
    """Restore its deliveries in batches, after the commit, so that a million rows block nobody."""
    tenant = Tenant(row.organisation_id, row.mode)
    about = NoticeOf(row.organisation_id, row.mode, row.id)
    more = True
    while more:
        more = wait_again(session.connection(), about, since, until)
        session.commit()
    queue.nudge()
    filters = Filters(
        subscription_id=about.subscription_id, missing=True, since=since - missed.MARGIN
    )
    if missed.estimate(session, tenant, filters, most=1).found:
        replays.start(session, tenant, requested_by, filters)
