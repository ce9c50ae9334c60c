"""Record who did what in an organisation, in the transaction of the change.

`organisations.audit_search` reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import g, has_request_context, request
from sqlalchemy import Connection, insert, select
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, AuditEntry, Inbox, Membership, Subscription, User
from webhooks_app.models.audit_entry import LONGEST_AGENT, LONGEST_ID, LONGEST_IP, LONGEST_NAME
from webhooks_app.organisations.audited_events import event_of
from webhooks_app.organisations.system_events import tell
from webhooks_app.vocabulary import ActorKind, SubscriptionKind

ACTIONS: Mapping[str, str] = {
    **{
        f"{kind}.{what}": f"{kind.capitalize()} {words}"
        for kind in SubscriptionKind
        for what, words in (
            ("created", "created"),
            ("updated", "changed"),
            ("enabled", "switched on"),
            ("disabled", "switched off"),
            ("paused", "paused"),
            ("resumed", "resumed"),
            ("deleted", "deleted"),
            ("restored", "brought back"),
            ("secret_rotated", "secret rotated"),
        )
    },
    "action.unsubscribed": "Address unsubscribed from action",
    "api_key.created": "API key created",
    "api_key.revoked": "API key revoked",
    "api_key.rotated": "API key rotated",
    "chat_settings.updated": "Chat settings changed",
    "delivery.cancelled": "Delivery cancelled",
    "delivery.replayed": "Delivery replayed",
    "delivery.retried": "Delivery retried now",
    "event.erased": "Data of an event erased",
    "event_type.registered": "Event type registered",
    "event_type.updated": "Event type changed",
    "event_type.retired": "Event type retired",
    "inbox.opened": "Inbox created",
    "inbox.deleted": "Inbox deleted",
    "inbox.secret_changed": "Inbox signature check changed",
    "listener.started": "Listener started",
    "listener.ended": "Listener ended",
    "invitation.sent": "Invited",
    "invitation.resent": "Invited again",
    "invitation.revoked": "Invitation withdrawn",
    "member.joined": "Member joined",
    "member.role_changed": "Role changed",
    "member.removed": "Member removed",
    "member.left": "Member left",
    "member.made_operator": "Made an operator",
    "organisation.plan_changed": "Plan changed",
    "member.logged_in": "Logged in",
    "member.log_in_failed": "Log-in failed",
    "member.logged_out": "Logged out",
    "member.sessions_ended": "Sessions ended",
    "member.password_changed": "Password changed",
    "member.password_reset": "Password reset by mail",
    "member.second_factor_added": "Second factor added",
    "member.second_factor_removed": "Second factor removed",
    "member.second_factor_reset": "Second factor reset by an operator",
    "member.recovery_codes_renewed": "Recovery codes renewed",
    "member.recovery_code_used": "Recovery code used",
    "member.alarm_raised": "Reported a change as not theirs",
    "organisation.updated": "Organisation changed",
    "recipient.asked": "Address asked to confirm",
    "recipient.confirmed": "Address confirmed",
    "recipient.declined": "Address declined",
    "replay.started": "Replay started",
    "replay.cancelled": "Replay cancelled",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is a user's or an API key's."""

    kind: ActorKind
    name: str
    id: str | None = None

    @property
    def person_id(self) -> str | None:
        return self.id if self.kind is ActorKind.PERSON else None

    @classmethod
    def person(cls, user: User) -> "Actor":
        return cls(ActorKind.PERSON, user.email, user.id)

    @classmethod
    def visitor(cls, name: str) -> "Actor":
        """Someone who is not logged in, by the e-mail that they entered or that a link holds."""
        return cls(ActorKind.VISITOR, name)


@dataclass(frozen=True, slots=True)
class Target:
    """What changes. `mode` is None for what live and test share."""

    organisation_id: str
    id: str
    name: str
    mode: str | None = None

    @classmethod
    def of(cls, row: Subscription | ApiKey | Inbox) -> "Target":
        return cls(row.organisation_id, row.id, row.name, getattr(row, "mode", None))


COMMAND_LINE = Actor(ActorKind.COMMAND_LINE, "command line")
SYSTEM = Actor(ActorKind.SYSTEM, "automatic")


def act_as(actor: Actor) -> None:
    """Record them as the actor of all further changes in this request."""
    g.actor = actor


def current_actor() -> Actor:
    """The current actor. Without `act_as` it is the command line."""
    actor: Actor = g.get("actor", COMMAND_LINE)
    return actor


def record(session: Session, action: str, target: Target, **detail: object) -> None:
    """Add an entry to the caller's transaction.

    `action` is one of `ACTIONS`; its first word is the kind of the target. `detail` is JSON and
    holds no secret.
    """
    actor = current_actor()
    session.add(AuditEntry(**_values(actor, action, target, detail), **_where_from()))
    if _tell(session.connection, actor, action, target, detail):
        listen(session, "after_commit", _nudge, once=True)


def record_automatic(connection: Connection, action: str, target: Target, **detail: object) -> None:
    """Like `record`, for what Hookline did by itself."""
    connection.execute(insert(AuditEntry).values(_values(SYSTEM, action, target, detail)))
    _tell(lambda: connection, SYSTEM, action, target, detail)


def record_in_all(session: Session, user: User | None, action: str, **detail: object) -> None:
    """An entry about a user, in the audit log of each of their organisations.

    Without a user it writes nothing, with as many queries.
    """
    mine = select(Membership.organisation_id).where(Membership.user_id == (user.id if user else ""))
    for organisation_id in session.scalars(mine).all():
        if user is not None:
            record(session, action, Target(organisation_id, user.id, user.email), **detail)


def _tell(
    connect: Callable[[], Connection],
    actor: Actor,
    action: str,
    target: Target,
    detail: Mapping[str, object],
) -> bool:
    """Some entries are events too; True if one is to be sent."""
    who = {"kind": actor.kind.value, "name": actor.name}
    happened = event_of(action, target.id, target.name, who, detail)
    if happened is None or target.mode is None:
        return False
    return tell(connect(), Tenant(target.organisation_id, target.mode), happened)


def _nudge(_: Session) -> None:
    queue.nudge()


def _values(
    actor: Actor, action: str, target: Target, detail: Mapping[str, object]
) -> dict[str, object]:
    return {
        "id": new_id("aud"),
        "organisation_id": target.organisation_id,
        "mode": target.mode,
        "user_id": actor.person_id,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "actor": actor.name[:LONGEST_NAME],
        "action": action,
        "target_type": action.partition(".")[0],
        "target_id": target.id[:LONGEST_ID],
        "target_name": target.name[:LONGEST_NAME],
        "detail": dict(detail),
        "created_at": utcnow(),
    }


def _where_from() -> dict[str, str | None]:
    """The address and browser of the request, if there is one."""
    if not has_request_context():
        return {}
    agent = "".join(filter(str.isprintable, request.user_agent.string))
    ip = request.remote_addr
    return {"ip": ip[:LONGEST_IP] if ip else None, "user_agent": agent[:LONGEST_AGENT]}
