"""Which targets of the audit log still exist."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webhooks_app.models import (
    ApiKey,
    AuditEntry,
    CustomEventType,
    Delivery,
    Event,
    Inbox,
    Membership,
    ReplayBatch,
    Subscription,
)
from webhooks_app.models.ownership import OrganisationOwned

Targets = Mapping[tuple[str, str], str]
Column = InstrumentedAttribute[str]
Ids = Select[str, str]


def still_there(session: Session, organisation_id: str, entries: Iterable[AuditEntry]) -> Targets:
    """By kind and id, what a link to its page needs."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        wanted[entry.target_type].add(entry.target_id)
    found: dict[tuple[str, str], str] = {}
    for kind, query in _queries(organisation_id).items():
        if ids := wanted.get(kind):
            rows = session.execute(query.where(query.selected_columns[0].in_(ids)))
            found |= {(kind, id_): key for id_, key in rows}
    return found


def _queries(organisation_id: str) -> Mapping[str, Ids]:
    """Statements that select an id and what its link needs."""

    def by_id(model: type[Subscription | Delivery | Event | ReplayBatch | ApiKey]) -> Ids:
        return by_key(model, model.id, model.id)

    def by_key(model: type[OrganisationOwned], id_: Column, key: Column) -> Ids:
        return select(id_, key).where(model.in_organisation(organisation_id))

    subscriptions = by_id(Subscription).where(Subscription.is_present())
    types = by_key(CustomEventType, CustomEventType.name, CustomEventType.name)
    members = by_key(Membership, Membership.user_id, Membership.user_id)
    return {
        "action": subscriptions,
        "webhook": subscriptions,
        "listener": subscriptions,
        "delivery": by_id(Delivery),
        "event": by_id(Event),
        "replay": by_id(ReplayBatch),
        "api_key": by_id(ApiKey).where(ApiKey.revoked_at.is_(None)),
        "event_type": types.where(CustomEventType.retired_at.is_(None)),
        "inbox": by_key(Inbox, Inbox.id, Inbox.token),
        "member": members,
        "user": members,
    }
