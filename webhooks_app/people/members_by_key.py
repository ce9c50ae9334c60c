"""What an API key may do to members: what an admin may, and so never to an owner.

Only owners change roles, so only a key that an owner made does.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.lib.errors import Conflict
from webhooks_app.models import ApiKey, Invitation, Membership, Organisation
from webhooks_app.people import departures, invitations, members
from webhooks_app.people.rights import may_manage
from webhooks_app.vocabulary import Role

KEYS_ROLE = Role.ADMIN


def change_role(session: Session, key_id: str, membership: Membership, role: Role) -> None:
    """Like `members.change_role`.

    Raises `Conflict` for an owner, for the role of one, and for a key whose maker is not an
    owner now.
    """
    members.lock(session, membership.organisation_id)
    if not _is_an_owners(session, key_id, membership.organisation_id):
        raise Conflict("Only a key that an owner made can change roles. Ask an owner to do it.")
    _check(membership.role)
    _check(role)
    members.change_role(session, membership, role)


def remove(session: Session, membership: Membership, *, revoke_keys: bool) -> None:
    """Like `members.remove`. Raises `Conflict` for an owner.

    `revoke_keys` ends the API keys that they made.
    """
    _check(membership.role)
    left = departures.left_open(session, membership, None)
    members.remove(session, membership, [key.id for key in left.keys] if revoke_keys else ())


def invite(session: Session, organisation_id: str, email: str, role: Role) -> Invitation:
    """Like `invitations.invite`. Raises `Conflict` for the role of an owner."""
    _check(role)
    organisation = session.get_one(Organisation, organisation_id)
    return invitations.invite(session, organisation, email, role)


def load_invitation(session: Session, organisation_id: str, invitation_id: str) -> Invitation:
    """One that a key may send again or withdraw.

    Raises `NotFound`, and `Conflict` for the role of an owner.
    """
    invitation = invitations.find(session, organisation_id, invitation_id)
    _check(invitation.role)
    return invitation


def _is_an_owners(session: Session, key_id: str, organisation_id: str) -> bool:
    owner = (
        select(Membership.user_id)
        .join(ApiKey, ApiKey.created_by == Membership.user_id)
        .where(
            Membership.in_organisation(organisation_id),
            Membership.role == Role.OWNER.value,
            ApiKey.id == key_id,
        )
    )
    return session.scalar(owner) is not None


def _check(role: str) -> None:
    if not may_manage(KEYS_ROLE, role):
        raise Conflict("An API key cannot make or change owners. An owner can, in the dashboard.")
