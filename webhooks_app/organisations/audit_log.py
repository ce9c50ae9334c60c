"""Who changed what in an organisation: written in the transaction of the change, read by admins.

What Hookline does by itself, as disabling a dead endpoint, is in the notifications instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.lib.ids import new_id
from webhooks_app.lib.paging import Page, PageBounds, page_of
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, AuditEntry, Inbox, Subscription
from webhooks_app.vocabulary import SubscriptionKind

ACTIONS: Mapping[str, str] = {
    **{
        f"{kind}.{what}": f"{kind.capitalize()} {words}"
        for kind in SubscriptionKind
        for what, words in (
            ("created", "created"),
            ("updated", "changed"),
            ("enabled", "switched on"),
            ("disabled", "switched off"),
            ("deleted", "deleted"),
            ("secret_rotated", "secret rotated"),
        )
    },
    "action.unsubscribed": "Address unsubscribed from action",
    "api_key.created": "API key created",
    "api_key.revoked": "API key revoked",
    "event_type.registered": "Event type registered",
    "event_type.updated": "Event type changed",
    "event_type.retired": "Event type retired",
    "chat_settings.updated": "Chat settings changed",
    "inbox.opened": "Inbox created",
    "inbox.deleted": "Inbox deleted",
    "inbox.secret_changed": "Inbox signature check changed",
    "invitation.sent": "Invited",
    "invitation.resent": "Invited again",
    "invitation.revoked": "Invitation withdrawn",
    "member.joined": "Member joined",
    "member.role_changed": "Role changed",
    "member.removed": "Member removed",
    "member.left": "Member left",
    "organisation.updated": "Organisation changed",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `name` is an e-mail, or the name of an API key; a key is no user."""

    name: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is changed. `mode` is None for what live and test share."""

    organisation_id: str
    id: str
    name: str
    mode: str | None = None

    @classmethod
    def of(cls, row: Subscription | ApiKey | Inbox) -> "Target":
        return cls(row.organisation_id, row.id, row.name, getattr(row, "mode", None))


COMMAND_LINE = Actor("command line")


def act_as(actor: Actor) -> None:
    """What is changed from now on, within this request, is changed by them."""
    g.actor = actor


def record(session: Session, action: str, target: Target, **detail: Any) -> None:
    """Add an entry to the caller's transaction. `action` is one of `ACTIONS`, its first word the
    kind of the target; `detail` is JSON, and holds no secret.

    Without `act_as` it was someone at the command line.
    """
    actor: Actor = g.get("actor", COMMAND_LINE)
    entry = AuditEntry(
        id=new_id("aud"),
        organisation_id=target.organisation_id,
        mode=target.mode,
        user_id=actor.user_id,
        actor=actor.name,
        action=action,
        target_type=action.partition(".")[0],
        target_id=target.id,
        target_name=target.name,
        detail=detail,
        created_at=utcnow(),
    )
    session.add(entry)


def list_entries(session: Session, organisation_id: str, window: PageBounds) -> Page[AuditEntry]:
    """Newest first, of live and test."""
    query = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id)
    if window.below is not None:
        query = query.where(AuditEntry.id < window.below)
    rows = session.scalars(query.order_by(AuditEntry.id.desc()).limit(window.size + 1)).all()
    return page_of(rows, [row.id for row in rows], window.size)
