"""Stale forms: what someone else changed since the form was opened, and who."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webhooks_app.lib.errors import Conflict
from webhooks_app.models import Subscription
from webhooks_app.organisations.audit_search import entries_about
from webhooks_app.subscriptions.spec import META

UNSUBSCRIBED = "action.unsubscribed"


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed it, when, and which members."""

    actor: str
    at: datetime
    members: tuple[str, ...]

    @property
    def titles(self) -> list[str]:
        return [str(META[name].title if name in META else name) for name in self.members]


class Stale(Conflict):
    """The form is stale. `changes` are newest first, empty if only the engine changed something."""

    def __init__(self, changes: list[Change]) -> None:
        super().__init__("Someone else changed this while the form was open.")
        self.changes = changes


def version(row: Subscription) -> str:
    """The version of a row that a form keeps."""
    return f"{row.revision} {row.updated_at.isoformat()}"


def check_fresh(session: Session, row: Subscription, seen: str) -> None:
    """Raises `Stale` if members changed since `seen`.

    Switching on or off, or a new secret, changes nothing that a form shows.
    """
    revision, _, moment = seen.partition(" ")
    if revision == str(row.revision):
        return
    try:
        since = datetime.fromisoformat(moment)
    except ValueError:
        raise Stale([]) from None
    entries = entries_about(session, row.organisation_id, row.id, since)
    changes = [
        Change(one.actor, one.created_at, members)
        for one in entries
        if (members := _members(one.action, one.detail))
    ]
    if changes or not entries:
        raise Stale(changes)


def _members(action: str, detail: dict[str, list[str]]) -> tuple[str, ...]:
    return ("email_to",) if action == UNSUBSCRIBED else tuple(detail.get("changed", ()))
