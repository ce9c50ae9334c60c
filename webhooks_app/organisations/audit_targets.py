"""Which targets of the audit log still exist."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webhooks_app.lib.tenant import Tenant
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


def still_there(session: Session, tenant: Tenant, entries: Iterable[AuditEntry]) -> Targets:
    """By kind and id, what a link to its page needs.

    Only for the mode of `tenant`: pages of the other mode are not found.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        wanted[entry.target_type].add(entry.target_id)
    found: dict[tuple[str, str], str] = {}
    for kind, query in _queries(tenant).items():
        if ids := wanted.get(kind):
            rows = session.execute(query.where(query.selected_columns[0].in_(ids)))
            found |= {(kind, id_): key for id_, key in rows}
    return found


def _queries(tenant: Tenant) -> Mapping[str, Ids]:
    """Each selects an id and what the link needs."""

    def of_mode(model: type[Subscription | Delivery | Event | ReplayBatch | ApiKey]) -> Ids:
        return select(model.id, model.id).where(model.in_tenant(tenant))

    def shared(model: type[OrganisationOwned], id_: Column, key: Column) -> Ids:
        return select(id_, key).where(model.in_organisation(tenant.organisation_id))

    subscriptions = of_mode(Subscription).where(Subscription.is_present())
    types = shared(CustomEventType, CustomEventType.name, CustomEventType.name)
    members = shared(Membership, Membership.user_id, Membership.user_id)
    return {
        "action": subscriptions,
        "webhook": subscriptions,
        "listener": subscriptions,
        "delivery": of_mode(Delivery),
        "event": of_mode(Event),
        "replay": of_mode(ReplayBatch),
        "api_key": of_mode(ApiKey).where(ApiKey.revoked_at.is_(None)),
        "event_type": types.where(CustomEventType.retired_at.is_(None)),
        "inbox": shared(Inbox, Inbox.id, Inbox.token),
        "member": members,
        "user": members,
    }
