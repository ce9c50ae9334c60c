"""Secrets that are shown once: a POST makes one, and the page that it leads to shows it.

So a reload makes no second webhook, and no second secret that puts the one of the receiver out of
use. On its way the secret is kept with the session, sealed, and deleted when it is shown: a copy of
the cookie shows nothing again.
"""

from typing import NamedTuple

import msgspec
from flask import request

from webhooks_app.extensions import db
from webhooks_app.parts import parts
from webhooks_app.people import sessions
from webhooks_app.web.security import visitor


class ShownOnce(NamedTuple):
    """`why` it was made."""

    secret: str
    why: str


class _Kept(msgspec.Struct, frozen=True):
    of: str
    secret: str
    why: str


def keep(owner_id: str, secret: str, why: str = "made") -> None:
    """Until the page of `owner_id` shows it; the one that was kept before is forgotten."""
    sealed = parts().vault.seal(msgspec.json.encode(_Kept(owner_id, secret, why)).decode())
    sessions.keep_secret(db.session(), visitor().session, sealed)


def take(owner_id: str) -> ShownOnce | None:
    """None when it was shown already, or there never was one. A HEAD shows nothing."""
    row = visitor().session
    if row.shown_once is None or request.method == "HEAD":
        return None
    kept = msgspec.json.decode(parts().vault.open(row.shown_once), type=_Kept)
    if kept.of != owner_id or not sessions.take_secret(db.engine, row):
        return None
    return ShownOnce(kept.secret, kept.why)
