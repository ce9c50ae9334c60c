"""Passwords: changed by who knows the one before, set anew by who reads the mail."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from webhooks_app.lib.crypto import digest, new_token
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import PasswordReset, User
from webhooks_app.people import sessions
from webhooks_app.people.accounts import checked_password

RESET_WITHIN = timedelta(hours=1)


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


def ask_for_reset(session: Session, email: str) -> None:
    """Mail a link that sets a new password, if someone has that e-mail; committed.

    For an e-mail that nobody has a row is stored too, so that the time of the answer tells little.
    """
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    now, token = utcnow(), new_token("rst")
    session.add(
        PasswordReset(
            id=new_id("rst"),
            user_id=user.id if user else None,
            digest=digest(token),
            created_at=now,
            expires_at=now + RESET_WITHIN,
        )
    )
    if user is not None:
        link = mail.link(f"/password/reset/{token}")
        mail.post(session, user.email, "password_reset", link=link)
    session.commit()
    mail.send_soon()


def whose_reset(session: Session, token: str) -> User:
    """Whose password that token sets. Raises `NotFound` when it was used or ran out."""
    user: User | None = session.scalar(
        select(User)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(PasswordReset.digest == digest(token), PasswordReset.expires_at > utcnow())
    )
    if user is None:
        raise NotFound
    return user


def reset(session: Session, token: str, new: str) -> None:
    """Set a new password, once; committed. All sessions and other links of the user end.

    Raises `NotFound`, and `BadAccount` for a password that is too short.
    """
    checked_password(new)
    whose_reset(session, token)
    password_hash = hashed(session, new)
    spent = delete(PasswordReset).where(
        PasswordReset.digest == digest(token), PasswordReset.expires_at > utcnow()
    )
    user_id = session.scalar(spent.returning(PasswordReset.user_id))
    if user_id is None:
        raise NotFound
    _set(session, session.get_one(User, user_id), password_hash)
    session.commit()


def delete_expired(session: Session) -> None:
    """Delete the links that ran out, committed."""
    session.execute(delete(PasswordReset).where(PasswordReset.expires_at < utcnow()))
    session.commit()


def hashed(session: Session, password: str) -> str:
    """Hashing takes long by design, so no transaction is open meanwhile."""
    session.rollback()
    return generate_password_hash(password)


def _set(session: Session, user: User, password_hash: str, but: str = "") -> None:
    user.password_hash = password_hash
    session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    sessions.end_all(session, user.id, but=but)
