"""Mails about changes in an account, each with a link that says "that was not me".

The link is signed and opens a page that asks first. It expires after three days, and when the
password changes.
"""

from datetime import timedelta
from typing import NamedTuple

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from webhooks_app.lib.crypto import digest
from webhooks_app.lib.errors import NotFound
from webhooks_app.mail import service as mail
from webhooks_app.models import User

VALID = timedelta(days=3)


class Alarm(NamedTuple):
    """Whose account it is, and which second factor was added, if any."""

    user: User
    factor: str


def tell(session: Session, user: User, template: str, factor: str = "", **context: object) -> None:
    """Add a mail about the account to the caller's transaction.

    Call `mail.send_soon` after the commit. `factor` is the added second factor.
    """
    token = _serializer().dumps([user.id, fingerprint(user), factor])
    not_me = mail.link(f"/account/not-me/{token}")
    mail.post(session, user.email, template, not_me=not_me, **context)


def read(session: Session, token: str) -> Alarm:
    """What a link is about. Raises `NotFound` if it is not ours or no longer valid."""
    try:
        kept = _serializer().loads(token, max_age=int(VALID.total_seconds()))
        user_id, mark, factor = kept
    except (BadData, ValueError) as error:
        raise NotFound from error
    user = session.get(User, user_id)
    if user is None or fingerprint(user) != mark:
        raise NotFound
    return Alarm(user, factor)


def fingerprint(user: User) -> str:
    """A salt that changes with the password."""
    """A salt that changes with the password."""
    return digest(user.password_hash)[:16]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="not-me")
