"""Who is at the door, and what they look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.security import check_password_hash, generate_password_hash

from webhooks_app.models import Membership, Organisation, User
from webhooks_app.pipeline.incoming import Tenant
from webhooks_app.vocabulary import Mode, Role

# Checked when no user has that e-mail, so that the time of the answer tells nothing.
NOBODY = generate_password_hash("nobody")


@dataclass(frozen=True, slots=True)
class Here:
    """The organisation and mode that a person is looking at, and as whom."""

    organisation: Organisation
    role: Role
    mode: Mode

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.organisation.id, self.mode.value)

    @property
    def may_change(self) -> bool:
        return self.role is not Role.VIEWER


def find_user(session: Session, email: str, password: str) -> User | None:
    """The user with that e-mail (in any case) and password, or None.

    Hashing takes long by design, so no transaction is open meanwhile.
    """
    named = select(User.id, User.password_hash).where(User.email == email.strip().lower())
    row = session.execute(named).first()
    session.rollback()
    fits = check_password_hash(row.password_hash if row else NOBODY, password)
    return session.get(User, row.id) if row and fits else None


def membership_of(session: Session, user: User) -> Membership | None:
    """What a user is a member of: of several organisations, the oldest."""
    return session.scalar(
        select(Membership)
        .options(joinedload(Membership.organisation))
        .where(Membership.user_id == user.id)
        .order_by(Membership.organisation_id)
        .limit(1)
    )


def here_of(session: Session, user: User, cookie: Mapping[str, Any]) -> Here | None:
    """Where a logged-in user is, by what the session's cookie keeps of their choices; None for
    someone who is a member of nothing."""
    membership = membership_of(session, user)
    if membership is None:
        return None
    mode = Mode.TEST if cookie.get("mode") == Mode.TEST else Mode.LIVE
    return Here(membership.organisation, Role(membership.role), mode)
