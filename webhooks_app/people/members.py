"""List and remove the members of an organisation, and change their roles."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.models import Membership, Organisation, User
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.people import departures, key_check
from webhooks_app.vocabulary import Role


def list_members(session: Session, organisation_id: str) -> Sequence[Membership]:
    """The members by e-mail, with their users."""
    return session.scalars(
        Membership.of_organisation(organisation_id)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .order_by(User.email)
    ).all()


def find_member(session: Session, organisation_id: str, user_id: str) -> Membership:
    """Raises `NotFound`, also for another organisation's member."""
    membership = session.scalar(
        Membership.of_organisation(organisation_id)
        .options(joinedload(Membership.user))
        .where(Membership.user_id == user_id)
    )
    if membership is None:
        raise NotFound
    return membership


def change_role(
    session: Session, membership: Membership, role: Role, key_ids: Collection[str] = ()
) -> None:
    """Change a member's role, committed.

    Invitations that they may no longer make end. Of the keys that they made and may no longer
    manage, those in `key_ids` are revoked. Raises `Conflict` for the last owner, `NotFound` for a
    removed member.
    """
    _refresh_alone(session, membership)
    before = membership.role
    if before == role:
        return
    _must_leave_an_owner(session, membership)
    membership.role = role.value
    record(session, "member.role_changed", target(membership), before=before, after=role.value)
    _close(session, membership, role, key_ids)


def remove(session: Session, membership: Membership, key_ids: Collection[str] = ()) -> None:
    """Remove a member, committed. Raises like `change_role`.

    Their invitations end, and the keys in `key_ids` that they made.
    """
    _delete(session, membership, "member.removed", key_ids)


def leave(session: Session, membership: Membership) -> None:
    """Like `remove`, by the member; the keys that they made keep working."""
    _delete(session, membership, "member.left", ())


def lock(session: Session, organisation_id: str) -> None:
    """Lock, so that changes of members and invitations happen one at a time."""
    organisation = select(Organisation.id).where(Organisation.id == organisation_id)
    session.execute(organisation.with_for_update(key_share=True))


def target(membership: Membership) -> Target:
    user = membership.user
    return Target(membership.organisation_id, user.id, user.email)


def _delete(
    session: Session, membership: Membership, action: str, key_ids: Collection[str]
) -> None:
    _refresh_alone(session, membership)
    _must_leave_an_owner(session, membership)
    record(session, action, target(membership), role=membership.role)
    session.delete(membership)
    _close(session, membership, None, key_ids)


def _close(
    session: Session, membership: Membership, role: Role | None, key_ids: Collection[str]
) -> None:
    left = departures.left_open(session, membership, role)
    revoked = departures.close(session, left, key_ids)
    session.commit()
    for key in revoked:
        key_check.forget(key.digest)


def _refresh_alone(session: Session, membership: Membership) -> None:
    lock(session, membership.organisation_id)
    key = (membership.organisation_id, membership.user_id)
    if session.get(Membership, key, populate_existing=True) is None:
        raise NotFound


def _must_leave_an_owner(session: Session, membership: Membership) -> None:
    others = select(Membership.user_id).where(
        Membership.in_organisation(membership.organisation_id),
        Membership.user_id != membership.user_id,
        Membership.role == Role.OWNER.value,
    )
    if membership.role == Role.OWNER and session.scalar(others.limit(1)) is None:
        raise Conflict("An organisation needs an owner. Make someone else an owner first.")
