"""Secrets that are shown once: a POST creates one, and the next page shows it.

So a reload creates no second webhook, and no second secret that would replace the receiver's. In
between, the secret is stored with the session, encrypted, and deleted when it is shown: a copy of
the cookie cannot show it again.
"""

from typing import NamedTuple

import msgspec
from flask import request

from webhooks_app.extensions import db
from webhooks_app.parts import parts
from webhooks_app.people import sessions
from webhooks_app.web.security import visitor


class ShownOnce(NamedTuple):
    """`why` says why it was made."""

    secret: str
    why: str


class _Kept(msgspec.Struct, frozen=True):
    of: str
    secret: str
    why: str


def keep(owner_id: str, secret: str, why: str = "made") -> None:
    """Keep it until the page of `owner_id` shows it; an earlier one is dropped."""
    sealed = parts().vault.seal(msgspec.json.encode(_Kept(owner_id, secret, why)).decode())
    sessions.keep_secret(db.session(), visitor().session, sealed)


def take(owner_id: str) -> ShownOnce | None:
    """None if it was already shown, or there never was one. A HEAD request shows nothing."""
    row = visitor().session
    if row.shown_once is None or request.method == "HEAD":
        return None
    kept = msgspec.json.decode(parts().vault.open(row.shown_once), type=_Kept)
    if kept.of != owner_id or not sessions.take_secret(db.engine, row):
        return None
    return ShownOnce(kept.secret, kept.why)
