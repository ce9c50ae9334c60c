"""Close what a member leaves open who is removed, leaves, or gets a lesser role."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from webhooks_app.models import ApiKey, Invitation, Membership
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.people import api_keys
from webhooks_app.people.rights import may_change, may_manage
from webhooks_app.vocabulary import Role


class LeftOpen(NamedTuple):
    """Invitations that they may no longer make, and API keys that they may have kept."""

    invitations: Sequence[Invitation]
    keys: Sequence[ApiKey]


def left_open(session: Session, membership: Membership, role: Role | None) -> LeftOpen:
    """What a member with the new `role` leaves open; None for someone who is no longer a member."""
    organisation_id, user_id = membership.organisation_id, membership.user_id
    made = session.scalars(
        Invitation.of_organisation(organisation_id)
        .where(Invitation.invited_by_id == user_id)
        .order_by(Invitation.email)
    )
    ended = [one for one in made if role is None or not may_manage(role, one.role)]
    keeps_keys = role is not None and may_change(role)
    keys = [] if keeps_keys else api_keys.made_by(session, organisation_id, user_id)
    return LeftOpen(ended, keys)


def close(session: Session, left: LeftOpen, key_ids: Collection[str]) -> Sequence[ApiKey]:
    """Withdraw the invitations and revoke the chosen keys, which are returned; not committed."""
    for invitation in left.invitations:
        target = Target(invitation.organisation_id, invitation.id, invitation.email)
        record(session, "invitation.revoked", target, invited_by=invitation.invited_by)
        session.delete(invitation)
    chosen = [key for key in left.keys if key.id in key_ids]
    api_keys.end(session, chosen)
    return chosen
