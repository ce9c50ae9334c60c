"""What an API key may do to members: what an admin may, and so never to an owner."""

from sqlalchemy.orm import Session

from webhooks_app.lib.errors import Conflict
from webhooks_app.models import Invitation, Membership, Organisation
from webhooks_app.people import departures, invitations, members
from webhooks_app.people.rights import may_manage
from webhooks_app.vocabulary import Role

KEYS_ROLE = Role.ADMIN


def change_role(session: Session, membership: Membership, role: Role) -> None:
    """Like `members.change_role`. Raises `Conflict` for an owner, and for the role of one."""
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


def _check(role: str) -> None:
    if not may_manage(KEYS_ROLE, role):
        raise Conflict("An API key cannot make or change owners. An owner can, in the dashboard.")
