"""Undo a deletion, or a person's switching off: nothing of the time in between is lost."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.deliveries import missed, replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.engine.switching_off import wait_again
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Subscription
from webhooks_app.notices.dashboard_notices import NoticeOf
from webhooks_app.organisations import plans
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.subscriptions import queries, stored, switching
from webhooks_app.subscriptions.saving import commit_change
from webhooks_app.vocabulary import SubscriptionKind

UNDO_WITHIN = timedelta(minutes=10)


def bring_back(session: Session, row: Subscription, requested_by: str) -> None:
    """Undo its deletion, or else that someone switched it off; committed.

    What was cancelled by that waits again, due now and under the same ids. A replay sends the
    events that it missed. A second click changes nothing. Raises `Conflict` when it is too late or
    cannot be done, and `PlanLimit`.
    """
    now = utcnow()
    if row.deleted_at is None and row.enabled:
        return
    since = _since(row, now)
    if row.deleted_at is not None:
        _undelete(session, row)
    else:
        stored.of(row)
        switching.switch(session, row, True)
    if row.enabled:
        switching.record_outage(session, row, since, "It was brought back.")
    commit_change(session, row)
    if row.enabled:
        _make_up(session, row, since, now, requested_by)


def _since(row: Subscription, now: datetime) -> datetime:
    since = row.deleted_at or (row.disabled_at if row.disabled_by is not None else None)
    if since is None or now - since > UNDO_WITHIN:
        minutes = int(UNDO_WITHIN.total_seconds() // 60)
        raise Conflict(f"This can be undone for {minutes} minutes only.")
    return since


def _undelete(session: Session, row: Subscription) -> None:
    plans.check_room(session, row.organisation_id, plans.OF_KIND[SubscriptionKind(row.kind)])
    if row.own_key is not None and queries.key_is_taken(session, row):
        raise Conflict(f"Another {row.kind} has its key {row.own_key!r} now.")
    row.deleted_at = None
    record(session, f"{row.kind}.restored", Target.of(row))


def _make_up(
    session: Session, row: Subscription, since: datetime, now: datetime, requested_by: str
) -> None:
    """In batches, after the commit, so that a million rows block nobody."""
    tenant = Tenant(row.organisation_id, row.mode)
    about = NoticeOf(row.organisation_id, row.mode, row.id)
    more = True
    while more:
        more = wait_again(session.connection(), about, since, now)
        session.commit()
    queue.nudge()
    filters = Filters(
        subscription_id=about.subscription_id, missing=True, since=since - missed.MARGIN
    )
    if missed.estimate(session, tenant, filters, most=1).found:
        replays.start(session, tenant, requested_by, filters)
