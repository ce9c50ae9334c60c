"""Who is at the door."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.security import check_password_hash, generate_password_hash

from webhooks_app.models import Membership, User

# Checked when no user has that e-mail, so that the time of the answer tells nothing.
NOBODY = generate_password_hash("nobody")


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
