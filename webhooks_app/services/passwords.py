"""Passwords, changed by who knows the one before."""

from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from webhooks_app.models import User
from webhooks_app.services import sessions
from webhooks_app.services.accounts import checked_password


class WrongPassword(Exception):
    """Whoever asks does not know the password of now."""


def change(session: Session, user: User, current: str, new: str, session_id: str) -> None:
    """Committed; all sessions but the one that asks are revoked.

    Raises `WrongPassword`, and `BadAccount` for a new one that is too short.
    """
    checked_password(new)
    if sessions.find_user(session, user.email, current) is None:
        raise WrongPassword
    _set(session, user, hashed(session, new), but=session_id)
    session.commit()


def hashed(session: Session, password: str) -> str:
    """Hashing takes long by design, so no transaction is open meanwhile."""
    session.rollback()
    return generate_password_hash(password)


def _set(session: Session, user: User, password_hash: str, but: str = "") -> None:
    user.password_hash = password_hash
    sessions.end_all(session, user.id, but=but)
