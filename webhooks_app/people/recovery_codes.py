"""Codes that replace a lost second factor: ten, shown once, each works once."""

import re
import secrets

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from webhooks_app.lib.crypto import digest
from webhooks_app.models import RecoveryCode, User

HOW_MANY = 10
# Without characters that look alike. 16 characters are 79 random bits, so a plain SHA-256 is
# enough.
CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4


def renew(session: Session, user: User) -> list[str]:
    """New codes that replace all earlier ones, in the caller's transaction."""
    codes = [_new_code() for _ in range(HOW_MANY)]
    drop(session, user)
    rows = [{"user_id": user.id, "digest": digest(normalised(code))} for code in codes]
    session.execute(insert(RecoveryCode), rows)
    return codes


def drop(session: Session, user: User) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def left(session: Session, user: User) -> int:
    return session.scalar(select(func.count()).where(RecoveryCode.user_id == user.id)) or 0


def spend(session: Session, user: User, code: str) -> bool:
    """Use a code; True if it is one of the user's. It is deleted in the caller's transaction."""
    theirs = (RecoveryCode.user_id == user.id, RecoveryCode.digest == digest(normalised(code)))
    spent = session.scalar(delete(RecoveryCode).where(*theirs).returning(RecoveryCode.digest))
    return spent is not None


def normalised(code: str) -> str:
    """Normalise a typed code: with or without hyphens and spaces, in any case."""
    return re.sub(r"[\s-]", "", code).lower()


def _new_code() -> str:
    groups = ("".join(secrets.choice(CHARACTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)
