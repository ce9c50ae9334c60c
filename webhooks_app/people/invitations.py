"""Send, resend, withdraw and accept invitations to an organisation by mail."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from webhooks_app.lib.crypto import digest, new_token
from webhooks_app.lib.errors import BadAccount, NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.names import checked_name
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import ApiKey, Invitation, Membership, Organisation, User
from webhooks_app.organisations.audit_log import Actor, Target, act_as, current_actor, record
from webhooks_app.people import accounts, api_keys, members
from webhooks_app.people.passwords import checked, hashed
from webhooks_app.people.rights import may_manage
from webhooks_app.vocabulary import Role

VALID = timedelta(days=7)
MOST = 100
ALLOWED = [(own, other) for own in Role for other in Role if may_manage(own, other)]


class ListedInvitation(NamedTuple):
    """`works` until it expires or its maker may no longer make it."""

    invitation: Invitation
    works: bool


def list_invitations(session: Session, organisation_id: str) -> Sequence[ListedInvitation]:
    """Open invitations by e-mail. One that no longer works can be sent again."""
    query = _listed(organisation_id).order_by(Invitation.email)
    return [ListedInvitation(*row) for row in session.execute(query)]


def find_listed(session: Session, organisation_id: str, invitation_id: str) -> ListedInvitation:
    """Like `find`, and whether the link works."""
    query = _listed(organisation_id).where(Invitation.id == invitation_id)
    if (row := session.execute(query).first()) is None:
        raise NotFound
    return ListedInvitation(*row)


def find(session: Session, organisation_id: str, invitation_id: str) -> Invitation:
    """Raises `NotFound`, also for another organisation's invitation."""
    query = Invitation.of_organisation(organisation_id).where(Invitation.id == invitation_id)
    invitation = session.scalar(query)
    if invitation is None:
        raise NotFound
    return invitation


def invite(session: Session, organisation: Organisation, email: str, role: Role) -> Invitation:
    return invite_by_link(session, organisation, email, role)[0]


def invite_by_link(
    session: Session, organisation: Organisation, email: str, role: Role
) -> tuple[Invitation, str]:
    """Mail a link that makes its recipient a member, and return it; committed.

    It works as long as its sender may invite that role, or as long as the key works that sent it.
    It is not stored, so it cannot be shown
    again. Raises `BadAccount`.
    """
    address = accounts.checked_address(email)
    members.lock(session, organisation.id)
    _must_be_new(session, organisation, address)
    invitation = Invitation(
        id=new_id("inv"),
        organisation_id=organisation.id,
        organisation=organisation,
        email=address,
        role=role.value,
        created_at=utcnow(),
    )
    session.add(invitation)
    link = _send(session, invitation)
    record(session, "invitation.sent", _target(invitation), role=role.value)
    session.commit()
    mail.send_soon()
    return invitation, link


def resend(session: Session, invitation: Invitation) -> str:
    """Send and return a new link, valid for as long as the first was; committed.

    The old link stops working.
    Whoever sends it again becomes its maker.
    """
    link = _send(session, invitation)
    record(session, "invitation.resent", _target(invitation))
    session.commit()
    mail.send_soon()
    return link


def revoke(session: Session, invitation: Invitation) -> None:
    """Withdraw it, so that its link stops working; committed."""
    record(session, "invitation.revoked", _target(invitation))
    session.delete(invitation)
    session.commit()


def by_token(session: Session, token: str) -> Invitation:
    """The invitation and its organisation.

    Raises `NotFound` when it was used, withdrawn or expired, or its maker may no longer make it.
    """
    invitation = session.scalar(
        select(Invitation)
        .options(joinedload(Invitation.organisation))
        .where(Invitation.digest == digest(token), _works())
    )
    if invitation is None:
        raise NotFound
    return invitation


def has_account(session: Session, invitation: Invitation) -> bool:
    return session.scalar(select(User.id).where(User.email == invitation.email)) is not None


def accept(session: Session, token: str, user: User) -> str:
    """Make the user a member, once; committed. Returns the organisation's id.

    An existing member keeps their role. Raises `NotFound`, also for someone else's invitation.
    """
    organisation, role = _take(session, token, user.email)
    if session.get(Membership, (organisation.id, user.id)) is None:
        act_as(Actor.person(user))
        accounts.join(session, organisation, user, role)
    else:
        session.commit()
    return organisation.id


def accept_as_new(session: Session, token: str, name: str, password: str) -> tuple[User, str]:
    """A new user as a member, and the organisation's id; committed.

    Raises `NotFound`, `BadAccount` for a taken e-mail or an invalid name, and `BadPassword` for a
    password that is too easily guessed.
    """
    name = checked_name(name, "A person")
    email = by_token(session, token).email
    password_hash = hashed(session, checked(password, email, name))
    organisation, role = _take(session, token, email)
    user = User(
        id=new_id("usr"),
        email=email,
        name=name,
        password_hash=password_hash,
        created_at=utcnow(),
    )
    act_as(Actor.person(user))
    accounts.join(session, organisation, user, role)
    return user, organisation.id


def _must_be_new(session: Session, organisation: Organisation, address: str) -> None:
    here = Membership.in_organisation(organisation.id)
    if session.scalar(select(User.id).join(Membership).where(here, User.email == address)):
        raise BadAccount(f"{address} is already a member.")
    open_here = Invitation.in_organisation(organisation.id)
    if session.scalar(select(Invitation.id).where(open_here, Invitation.email == address)):
        raise BadAccount(
            f"{address} is already invited. Send the invitation again, or withdraw it."
        )
    if (session.scalar(select(func.count()).where(open_here)) or 0) >= MOST:
        raise BadAccount(
            f"There are {MOST} open invitations, which is the limit. Withdraw one first."
        )


def _listed(organisation_id: str) -> Select[Invitation, bool]:
    return select(Invitation, _works()).where(Invitation.in_organisation(organisation_id))


def _works() -> ColumnElement[bool]:
    backed = exists().where(
        tuple_(Membership.organisation_id, Membership.user_id)
        == tuple_(Invitation.organisation_id, Invitation.invited_by_id),
        tuple_(Membership.role, Invitation.role).in_(ALLOWED),
    )
    by_key = exists().where(ApiKey.id == Invitation.invited_by_id, api_keys.working())
    made = or_(Invitation.invited_by_id.is_(None), backed, by_key)
    return (Invitation.expires_at > utcnow()) & made


def _send(session: Session, invitation: Invitation) -> str:
    token, actor = new_token("inv"), current_actor()
    invitation.invited_by = actor.name
    invitation.invited_by_id = actor.id
    invitation.digest = digest(token)
    invitation.expires_at = utcnow() + VALID
    link = mail.link(f"/invitations/{token}")
    mail.post(
        session,
        invitation.email,
        "invitation",
        invited_by=invitation.invited_by,
        organisation=invitation.organisation.name,
        role=invitation.role,
        days=VALID.days,
        link=link,
    )
    return link


def _take(session: Session, token: str, email: str) -> tuple[Organisation, Role]:
    """Use an invitation: of two who try at once, only one succeeds."""
    taken = session.execute(
        delete(Invitation)
        .where(
            Invitation.digest == digest(token),
            Invitation.email == email,
            _works(),
        )
        .returning(Invitation.organisation_id, Invitation.role)
    ).first()
    if taken is None:
        raise NotFound
    return session.get_one(Organisation, taken.organisation_id), Role(taken.role)


def _target(invitation: Invitation) -> Target:
    return Target(invitation.organisation_id, invitation.id, invitation.email)
