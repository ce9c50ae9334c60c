"""Where a person can be: their organisations, each in live and in test mode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Executable, Select, null, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import (
    ApiKey,
    Conversation,
    Delivery,
    Event,
    Inbox,
    Membership,
    Notification,
    Organisation,
    ReplayBatch,
    SavedView,
    Subscription,
    User,
)
from webhooks_app.models.ownership import TenantOwned
from webhooks_app.people.rights import may_change, may_manage
from webhooks_app.vocabulary import Mode, Role

Owner = Callable[[str], Executable]

# Where the person was last, kept in the session's cookie.
ORGANISATION = "organisation"
MODE = "mode"


class OrganisationName(NamedTuple):
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """An organisation in one mode, as one of its members sees it."""

    organisation: Organisation
    role: Role
    mode: Mode

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.organisation.id, self.mode.value)

    @property
    def may_change(self) -> bool:
        return may_change(self.role)

    def may_manage(self, role: str) -> bool:
        """Whether they may invite and remove members with that role."""
        return may_manage(self.role, role)


def find(session: Session, user: User, organisation_id: str, mode: Mode) -> Workspace | None:
    """None for someone who is not a member of that organisation."""
    there = Membership.in_organisation(organisation_id)
    return _entered(session.scalar(_memberships(user).where(there)), mode)


def last(session: Session, user: User, cookie: Mapping[str, Any]) -> Workspace | None:
    """Where the user was last, by the session's cookie; otherwise their oldest organisation.

    None for someone without an organisation.
    """
    chosen = Membership.in_organisation(cookie.get(ORGANISATION) or "")
    query = _memberships(user).order_by(chosen.desc(), Membership.organisation_id).limit(1)
    mode = Mode.TEST if cookie.get(MODE) == Mode.TEST else Mode.LIVE
    return _entered(session.scalar(query), mode)


def where_is(
    session: Session, user: User, named: Mapping[str, str], mode: Mode
) -> Workspace | None:
    """Where the first thing is that an address names, such as `{"event_id": "evt_…"}`.

    None if it does not exist, or the user is not a member there. An inbox is in both modes: it is
    found in `mode`.
    """
    name = next(name for name in named if name in THINGS)
    owner = session.execute(THINGS[name](named[name])).first()
    if owner is None:
        return None
    return find(session, user, owner.organisation_id, Mode(owner.mode or mode))


def organisations_of(session: Session, user: User) -> list[OrganisationName]:
    """All memberships of a user, the oldest first."""
    query = (
        select(Organisation.id, Organisation.name)
        .join(Membership, Organisation.id == Membership.organisation_id)
        .where(Membership.user_id == user.id)
        .order_by(Organisation.id)
    )
    return [OrganisationName(*row) for row in session.execute(query)]


def _memberships(user: User) -> Select[Membership]:
    return (
        select(Membership)
        .options(joinedload(Membership.organisation))
        .where(Membership.user_id == user.id)
    )


def _entered(membership: Membership | None, mode: Mode) -> Workspace | None:
    if membership is None:
        return None
    return Workspace(membership.organisation, Role(membership.role), mode)


def _owner(model: type[TenantOwned], column: InstrumentedAttribute[str]) -> Owner:
    return lambda id_: model.owner().where(column == id_)


def _owner_of_inbox(token: str) -> Executable:
    return select(Inbox.organisation_id, null().label("mode")).where(Inbox.token == token)


# By the parameter of the address.
THINGS: Mapping[str, Owner] = {
    "subscription_id": _owner(Subscription, Subscription.id),
    "delivery_id": _owner(Delivery, Delivery.id),
    "event_id": _owner(Event, Event.id),
    "batch_id": _owner(ReplayBatch, ReplayBatch.id),
    "key_id": _owner(ApiKey, ApiKey.id),
    "simulation_id": _owner(Conversation, Conversation.id),
    "notification_id": _owner(Notification, Notification.id),
    "view_id": _owner(SavedView, SavedView.id),
    "token": _owner_of_inbox,
}
