"""A log-in that waits for its second factor: the cookie says who gave the right password.

For ten minutes it gives access to only the page that asks for the second factor.
"""

from time import time

from flask import g, session

from webhooks_app.extensions import db
from webhooks_app.models import User
from webhooks_app.people import log_ins
from webhooks_app.people.alarms import fingerprint

KEPT = "waiting"
SECONDS = 600


def begin(user: User) -> None:
    """Empty the cookie and start waiting."""
    session.clear()
    session[KEPT] = [user.id, fingerprint(user), int(time())]


def whose() -> User | None:
    """Who gave the right password; None if that was too long ago, or the password has changed."""
    if "waiting_user" not in g:
        g.waiting_user = _read()
    user: User | None = g.waiting_user
    return user


def _read() -> User | None:
    if KEPT not in session:
        return None
    user_id, mark, at = session[KEPT]
    return log_ins.waiting(db.session(), user_id, mark) if time() - at < SECONDS else None
