"""Signing secrets and Standard Webhooks signatures. Pure, but for making a secret."""

import base64
import binascii
import hmac
import secrets as random
from collections.abc import Mapping, Sequence
from functools import lru_cache

PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64  # bytes; Standard Webhooks, "Signature scheme"
SHORTEST_TEXT, LONGEST_TEXT = 8, 200
TOLERANCE = 5 * 60


class BadSignature(Exception):
    """Why a request does not verify, in a sentence."""


def generate_secret() -> str:
    """`whsec_` and 32 random bytes in base 64."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def check_secret(secret: str) -> str:
    """A secret that a user brings: `whsec_…` of 24 to 64 bytes, or a text used as it is.

    Raises ValueError with a sentence.
    """
    if secret.startswith(PREFIX):
        try:
            size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
        except binascii.Error:
            size = 0
        if not SHORTEST_KEY <= size <= LONGEST_KEY:
            raise ValueError(
                f"After {PREFIX} come {SHORTEST_KEY} to {LONGEST_KEY} bytes in base 64."
            )
    elif not SHORTEST_TEXT <= len(secret) <= LONGEST_TEXT or not _is_visible(secret):
        raise ValueError(
            f"A secret has {SHORTEST_TEXT} to {LONGEST_TEXT} visible ASCII characters."
        )
    return secret


def key_of(secret: str) -> bytes:
    """The bytes that sign: what `whsec_` encodes, else the text itself."""
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX))
    return secret.encode()


def sign_standard(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature`: `v1,<base64>` for each secret, newest first, separated by spaces."""
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join(["v1," + _hmac_base64(secret, content) for secret in secrets])


def verify_standard(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
    """Check a received request; `headers` by lower-case name. Raises `BadSignature`."""
    try:
        message_id, signature = headers["webhook-id"], headers["webhook-signature"]
        timestamp = int(headers["webhook-timestamp"])
    except KeyError as error:
        raise BadSignature(f"The header {error.args[0]} is missing.") from error
    except ValueError as error:
        raise BadSignature("webhook-timestamp is not a number.") from error
    if abs(now - timestamp) > TOLERANCE:
        raise BadSignature("The timestamp is more than 5 minutes off: an old request sent again?")
    expected = sign_standard([secret], message_id, timestamp, body)
    offered = signature.split(" ")
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in offered):
        raise BadSignature(
            "The signature does not fit: another secret, or the body was changed on its way."
        )


def _hmac_base64(secret: str, content: bytes) -> str:
    mac = _keyed(secret).copy()
    mac.update(content)
    return binascii.b2a_base64(mac.digest(), newline=False).decode()


@lru_cache(maxsize=10_000)
def _keyed(secret: str) -> hmac.HMAC:
    """To be copied. Unlike `hmac.digest`, copies do not let go of the interpreter for each of
    thousands of small messages."""
    return hmac.new(key_of(secret), digestmod="sha256")


def _is_visible(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
