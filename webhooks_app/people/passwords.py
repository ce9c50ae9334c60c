"""Change a password with the current one, or reset it by a link in a mail."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine, Table, delete, select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from webhooks_app.lib.crypto import digest, new_token
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import PasswordReset, User, UserSession
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Part
from webhooks_app.organisations.audit_log import Actor, act_as, record_in_all
from webhooks_app.parts import parts
from webhooks_app.people import alarms, sessions
from webhooks_app.people.password_rules import checked_password

RESETS = cast(Table, PasswordReset.__table__)
RESET_WITHIN = timedelta(hours=1)


class WrongPassword(Exception):
    """The current password is wrong."""


def change(session: Session, user: User, current: str, new: str, row: UserSession) -> None:
    """Change the password, committed. All other sessions end; this one, `row`, gets a new id.

    Raises `WrongPassword`, and `BadPassword` for a new one that is too easily guessed.
    """
    checked(new, user.email, user.name)
    if sessions.find_user(session, user.email, current) is None:
        raise WrongPassword
    _set(session, user, hashed(session, new), but=row.id)
    record_in_all(session, user, "member.password_changed")
    alarms.tell(session, user, "password_changed")
    sessions.prove(session, row)
    mail.send_soon()


def checked(new: str, *about: str) -> str:
    """Return the password. Raises `BadPassword` if it is too easily guessed.

    That includes guesses from the person's data or this site's name.
    """
    return checked_password(new, *about, parts().settings.brand_name)


def ask_for_reset(session: Session, email: str) -> None:
    """Mail a link that sets a new password, if the e-mail has an account; committed.

    Otherwise the same rows are written and the mail is rolled back, so that the response time
    reveals nothing.
    """
    address = email.strip().lower()
    user = session.scalar(select(User).where(User.email == address))
    token = new_reset(session, user)
    session.flush()
    with session.begin_nested() as written:
        mail.post(session, address, "password_reset", link=reset_link(token))
        session.flush()
        if user is None:
            written.rollback()
    session.commit()
    mail.send_soon()


def new_reset(session: Session, user: User | None) -> str:
    """The token of a link that sets a new password, in the caller's transaction."""
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
    return token


def reset_link(token: str) -> str:
    return mail.link(f"/password/reset/{token}")


def whose_reset(session: Session, token: str) -> User:
    """Whose password that token sets. Raises `NotFound` if it was used or has expired."""
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

    Raises `NotFound`, and `BadPassword` for a password that is too easily guessed.
    """
    user = whose_reset(session, token)
    checked(new, user.email, user.name)
    password_hash = hashed(session, new)
    spent = delete(PasswordReset).where(
        PasswordReset.digest == digest(token), PasswordReset.expires_at > utcnow()
    )
    user_id = session.scalar(spent.returning(PasswordReset.user_id))
    if user_id is None:
        raise NotFound
    user = session.get_one(User, user_id)
    _set(session, user, password_hash)
    act_as(Actor.person(user))
    record_in_all(session, user, "member.password_reset")
    alarms.tell(session, user, "password_changed")
    session.commit()
    mail.send_soon()


def expired(engine: Engine, now: datetime) -> Part:
    """Expired links, for deleting."""
    over = RESETS.c.expires_at < now
    return part(engine, "password links", walk(RESETS, [RESETS.c.id], over=over))


def hashed(session: Session, password: str) -> str:
    """Hashing is slow by design, so no transaction is open during it."""
    session.rollback()
    return generate_password_hash(password)


def _set(session: Session, user: User, password_hash: str, but: str = "") -> None:
    user.password_hash = password_hash
    session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    sessions.end_all(session, user.id, but=but)
