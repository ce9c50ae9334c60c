"""Switch actions and webhooks on and off, and unsubscribe addresses."""

from datetime import datetime

from sqlalchemy.orm import Session

from webhooks_app.database import clock
from webhooks_app.lib.ids import new_id
from webhooks_app.models import Outage, Subscription
from webhooks_app.organisations.audit_log import Target, current_actor, record
from webhooks_app.subscriptions import stored
from webhooks_app.subscriptions.saving import cancel_all, commit_change

NOBODY_LEFT = "Its last address has unsubscribed."


def set_enabled(session: Session, row: Subscription, enabled: bool) -> None:
    """Switch on or off, committed. Off cancels what waits; on deletes the reason for being off.

    Raises `Conflict` for one that cannot be read.
    """
    if enabled and not row.enabled:
        stored.of(row)
        cancel_all(session, row)
    switch(session, row, enabled)
    commit_change(session, row)


def drop_address(session: Session, row: Subscription, address: str) -> None:
    """Remove the address, committed. Without any address left, the action is switched off.

    Someone who is editing the action is warned when they save. A repeat changes nothing.
    """
    session.refresh(row, with_for_update=True)
    if address not in row.email_to:
        return
    row.email_to = [one for one in row.email_to if one != address]
    if not row.email_to and row.enabled:
        now = clock(session.connection())
        row.enabled, row.disabled_at, row.disabled_reason = False, now, NOBODY_LEFT
        row.disabled_by = address
    record(session, "action.unsubscribed", Target.of(row), address=address)
    commit_change(session, row)


def switch(session: Session, row: Subscription, enabled: bool) -> None:
    """Switch within a change that commits later. On ends a pause; off keeps it for Undo."""
    if enabled == row.enabled:
        return
    if enabled:
        _end_outage(session, row)
        row.paused_at = row.paused_until = None
    row.enabled = enabled
    row.disabled_at = None if enabled else clock(session.connection())
    row.disabled_by = None if enabled else current_actor().name
    row.disabled_reason = None
    if enabled:
        row.health.failing_since = row.health.warned_at = None
    record(session, f"{row.kind}.{'enabled' if enabled else 'disabled'}", Target.of(row))


def record_outage(session: Session, row: Subscription, since: datetime, reason: str) -> None:
    """Record that it got no events since then, so that missed events can be found."""
    outage = Outage(
        id=new_id("out"),
        organisation_id=row.organisation_id,
        mode=row.mode,
        subscription_id=row.id,
        reason=reason,
        began_at=since,
        ended_at=clock(session.connection()),
    )
    session.add(outage)


def _end_outage(session: Session, row: Subscription) -> None:
    """Whether Hookline switched it off. If a person did, it is not an outage."""
    if row.is_off_automatically and row.disabled_at is not None:
        record_outage(session, row, row.disabled_at, row.disabled_reason or "")
