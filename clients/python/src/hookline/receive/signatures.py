"""Signing and checking, by wire format. Pure: `now` is an argument."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from hookline.errors import HooklineError

SECRET, PUBLIC_KEY = "whsec_", "whpk_"
DIGITS = 12


class BadSignature(HooklineError):
    """The request does not verify. `reason` is a word for programs, the message is for people.

    `missing-header`, `malformed`, `too-old`, `in-future`, `mismatch`, `unsigned` or `not-json`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def required(headers: Mapping[str, str], name: str) -> str:
    if name not in headers:
        raise BadSignature("missing-header", f"The header {name} is missing.")
    return headers[name]


def seconds(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise BadSignature("malformed", f"The timestamp in {where} is not a number of seconds.")
    return int(text)


def check_age(signed_at: int, now: float, tolerance: float) -> None:
    if now - signed_at > tolerance:
        raise BadSignature(
            "too-old",
            f"It was signed {now - signed_at:.0f} seconds ago; {tolerance:.0f} are allowed.",
        )
    if signed_at - now > tolerance:
        raise BadSignature(
            "in-future",
            f"It was signed {signed_at - now:.0f} seconds in the future; is a clock wrong?",
        )


def check_match(expected: Iterable[str], offered: Sequence[str]) -> None:
    """One of the offered signatures is one of the expected ones. In constant time for each."""
    sent = [one.encode(errors="replace") for one in offered]
    found = [hmac.compare_digest(one.encode(), other) for one in expected for other in sent]
    if not any(found):
        raise BadSignature(
            "mismatch", "The signature is wrong: another secret, or the body was changed."
        )


def key_of(secret: str) -> bytes:
    """For Standard Webhooks: what `whsec_` encodes; the text itself where it encodes nothing."""
    try:
        encoded = secret.removeprefix(SECRET) if secret.startswith(SECRET) else ""
        return base64.b64decode(encoded, validate=True) or secret.encode()
    except ValueError:
        return secret.encode()


def digest(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def hex_of(secret: str, content: bytes) -> str:
    """The key is the text of the secret, `whsec_` included."""
    return digest(secret.encode(), content).hex()


def base64_of(secret: str, content: bytes) -> str:
    return base64.b64encode(digest(secret.encode(), content)).decode()


def standard_of(secret: str, content: bytes) -> str:
    return "v1," + base64.b64encode(digest(key_of(secret), content)).decode()


def private(secrets: Sequence[str]) -> list[str]:
    """Without public keys: whoever knows one could sign with it as a secret."""
    return [one for one in secrets if not one.startswith(PUBLIC_KEY)]


def is_signed_by(keys: Sequence[str], content: bytes, offered: Sequence[str]) -> bool:
    """Signatures `v1a` of Standard Webhooks, with public keys. It needs the extra `ed25519`."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise HooklineError('Public keys need: pip install "hookline[ed25519]"') from error
    for key in keys:
        public = Ed25519PublicKey.from_public_bytes(_decoded(key.removeprefix(PUBLIC_KEY)))
        for one in offered:
            try:
                public.verify(_decoded(one.removeprefix("v1a,")), content)
            except (InvalidSignature, BadSignature):
                continue
            return True
    return False


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadSignature("malformed", "A key or signature is not base64.") from error
