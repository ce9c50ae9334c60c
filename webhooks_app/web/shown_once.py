"""Secrets that are shown once: a POST makes one, and the page that it leads to shows it.

So a reload makes no second webhook, and no second secret that puts the one of the receiver out of
use. On its way the secret is in the session's cookie, encrypted.
"""

from typing import NamedTuple

from flask import session

from webhooks_app.extensions import vault

KEPT = "shown_once"


class Shown(NamedTuple):
    """`why` it was made."""

    secret: str
    why: str


def keep(owner_id: str, secret: str, why: str = "made") -> None:
    """Until the page of `owner_id` shows it; the one that was kept before is forgotten."""
    session[KEPT] = {"of": owner_id, "sealed": vault().seal(secret), "why": why}


def take(owner_id: str) -> Shown | None:
    """None when it was shown already, or there never was one."""
    if session.get(KEPT, {}).get("of") != owner_id:
        return None
    kept = session.pop(KEPT)
    return Shown(vault().open(kept["sealed"]), kept["why"])
