"""Challenges for passkeys: a random text for each try, kept in the session's cookie, used once."""

from time import time

from flask import session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, generate_challenge

from webhooks_app.parts import parts
from webhooks_app.people.passkeys import BadPasskey, RelyingParty, site_of

KEPT = "challenge"
SECONDS = 300


def new(purpose: str) -> bytes:
    challenge = generate_challenge()
    session[KEPT] = [purpose, bytes_to_base64url(challenge), int(time())]
    return challenge


def take(purpose: str) -> bytes:
    """Raises `BadPasskey` if there is none for that purpose, or it is too old."""
    kept, challenge, at = session.pop(KEPT, ("", "", 0))
    if kept != purpose or time() - at > SECONDS:
        raise BadPasskey
    return base64url_to_bytes(challenge)


def site() -> RelyingParty | None:
    """Where this product's passkeys work; None if nowhere."""
    return site_of(parts().settings)


def needed_site() -> RelyingParty:
    """Raises `BadPasskey` where there are no passkeys."""
    found = site()
    if found is None:
        raise BadPasskey
    return found
