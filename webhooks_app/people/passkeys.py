"""Passkeys: store and verify WebAuthn credentials (W3C Web Authentication Level 3)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from webhooks_app.config import Settings
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Passkey, User

LOCALHOST = "localhost"
MOST = 20
LONGEST_CREDENTIAL_ID = 1400
# What else the library raises, for input that no browser sends.
BROKEN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


class BadPasskey(Exception):
    """The browser's answer proves nothing."""


class RelyingParty(NamedTuple):
    """What passkeys are bound to: a host name and the origin of its pages."""

    host: str
    origin: str
    brand: str


def site_of(settings: Settings) -> RelyingParty | None:
    """The site, or None where browsers have no passkeys: at an IP address, or without https.

    `localhost` counts as safe, and stands for loopback addresses.
    """
    parts = urlsplit(settings.site_url)
    host = parts.hostname or ""
    if not settings.public_url and _is_loopback(host):
        host = LOCALHOST
    if _is_address(host) or (parts.scheme != "https" and host != LOCALHOST):
        return None
    port = f":{parts.port}" if parts.port else ""
    return RelyingParty(host, f"{parts.scheme}://{host}{port}", settings.brand_name)


def registration_options(
    site: RelyingParty, user: User, known: Sequence[Passkey], challenge: bytes
) -> str:
    """JSON for `navigator.credentials.create`."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.brand,
        user_id=user.id.encode(),
        user_name=user.email,
        user_display_name=user.name or user.email,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return webauthn.options_to_json(options)


def proof_options(site: RelyingParty, known: Sequence[Passkey], challenge: bytes) -> str:
    """JSON for `navigator.credentials.get`.

    Without `known` passkeys the browser offers all of this site, and the person proves to their
    device who they are: that is a log-in without a password.
    """
    demand = UserVerificationRequirement.PREFERRED
    if not known:
        demand = UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=_descriptors(known),
        user_verification=demand,
    )
    return webauthn.options_to_json(options)


def registered(site: RelyingParty, user: User, name: str, answer: str, challenge: bytes) -> Passkey:
    """The passkey that a browser created for `challenge`. Raises `BadPasskey`."""
    with _refusing():
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    credential_id = bytes_to_base64url(made.credential_id)
    if len(credential_id) > LONGEST_CREDENTIAL_ID:
        raise BadPasskey
    return Passkey(
        id=new_id("pky"),
        user_id=user.id,
        name=name,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=utcnow(),
    )


def prove(
    session: Session, site: RelyingParty, answer: str, challenge: bytes, user: User | None = None
) -> User:
    """Whose passkey signed `challenge`; committed. Raises `BadPasskey`.

    It must be the given user's; without a user, the person must have proved to their device who
    they are.
    """
    with _refusing():
        credential_id = webauthn.helpers.parse_authentication_credential_json(answer).id
    row = session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))
    if row is None or (user is not None and row.user_id != user.id):
        raise BadPasskey
    with _refusing():
        proof = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=user is None,
        )
    used = {"sign_count": proof.new_sign_count, "last_used_at": utcnow()}
    session.execute(update(Passkey).where(Passkey.id == row.id).values(used))
    session.commit()
    return session.get_one(User, row.user_id)


def of(session: Session, user: User) -> Sequence[Passkey]:
    """A user's passkeys, the oldest first."""
    return session.scalars(
        select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)
    ).all()


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn the library's many errors into `BadPasskey`."""
    try:
        yield
    except (WebAuthnException, *BROKEN) as error:
        raise BadPasskey from error


def _descriptors(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(base64url_to_bytes(one.credential_id)) for one in known]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_loopback
