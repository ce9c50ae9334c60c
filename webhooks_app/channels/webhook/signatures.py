"""Signing secrets, and how all formats sign and check. Pure, except for making a secret."""

import base64
import binascii
import hmac
import secrets as random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64  # bytes; Standard Webhooks, "Signature scheme"
SHORTEST_TEXT, LONGEST_TEXT = 8, 200
TOLERANCE = 5 * 60
LONGEST_TIMESTAMP = 12


class BadSignature(Exception):
    """The request does not verify; the message says why."""


def generate_secret() -> str:
    """`whsec_` and 32 random bytes in base 64, which every format can use."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def check_secret(secret: str) -> str:
    """A user's own secret, for formats that use its text as the key.

    Raises ValueError with a sentence for people.
    """
    if not SHORTEST_TEXT <= len(secret) <= LONGEST_TEXT or not _is_visible(secret):
        raise ValueError(
            f"A secret must have {SHORTEST_TEXT} to {LONGEST_TEXT} visible ASCII characters."
        )
    return secret


def check_encoded_secret(secret: str) -> str:
    """A secret for Standard Webhooks: `whsec_` and 24 to 64 bytes in base 64.

    Missing padding is added: the key is the same, and some libraries insist on it. Raises
    ValueError with a sentence for people.
    """
    encoded = secret.removeprefix(PREFIX)
    padded = secret if "=" in encoded else secret + "=" * (-len(encoded) % 4)
    key = _decoded(padded)
    if key is None or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(
            f"A secret for this format must be {PREFIX} and {SHORTEST_KEY} to {LONGEST_KEY} bytes "
            "in base 64."
        )
    return padded


def key_of(secret: str) -> bytes:
    """The key for Standard Webhooks: what `whsec_` encodes, otherwise the text itself.

    Never fails: a delivery keeps its format even when its subscription has since got another
    format, with a secret that this one would refuse.
    """
    decoded = _decoded(secret)
    return secret.encode() if decoded is None else decoded


def hex_of(secret: str, content: bytes) -> str:
    """HMAC-SHA256 in hex; the key is the text of the secret, `whsec_` included."""
    return _digest(_text_mac(secret), content).hex()


def base64_of(secret: str, content: bytes) -> str:
    """The same signature in base 64."""
    return _base64(_digest(_text_mac(secret), content))


def sign_standard(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature`: `v1,<base64>` for each secret, newest first, separated by spaces."""
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join(
        ["v1," + _base64(_digest(_standard_mac(secret), content)) for secret in secrets]
    )


def verify_standard(
    secret: str, headers: Mapping[str, str], body: bytes, now: int, family: str = "webhook"
) -> None:
    """Check a received request; `headers` by lower-case name. Raises `BadSignature`."""
    signature = required(headers, f"{family}-signature")
    message_id = required(headers, f"{family}-id")
    timestamp = read_timestamp(required(headers, f"{family}-timestamp"), f"{family}-timestamp")
    offered = [one for one in signature.split(" ") if one.startswith("v1,")]
    if not offered:
        raise BadSignature(f"{family}-signature does not look like v1,<base64>.")
    check_age(timestamp, now)
    check_match(sign_standard([secret], message_id, timestamp, body), offered)


def required(headers: Mapping[str, str], name: str) -> str:
    """The value of a header. Raises `BadSignature` when it is missing."""
    if name not in headers:
        raise BadSignature(f"The header {name} is missing.")
    return headers[name]


def read_timestamp(text: str, where: str) -> int:
    """Unix seconds. Raises `BadSignature`."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_TIMESTAMP):
        raise BadSignature(f"The timestamp in {where} is not a number of seconds.")
    return int(text)


def check_age(timestamp: int, now: int) -> None:
    """Raises `BadSignature` when a request was signed more than 5 minutes ago or in the future."""
    if now - timestamp > TOLERANCE:
        raise BadSignature(
            f"It was signed {_duration(now - timestamp)} ago; 5 minutes are allowed. Was an old "
            "request sent again?"
        )
    if timestamp - now > TOLERANCE:
        raise BadSignature(
            f"Its timestamp is {_duration(timestamp - now)} in the future; 5 minutes are allowed. "
            "Is a clock wrong?"
        )


def check_match(expected: str, offered: Iterable[str]) -> None:
    """Compare in constant time. Raises `BadSignature` when none is the expected signature."""
    wanted = expected.encode()
    if not any(hmac.compare_digest(wanted, one.encode(errors="replace")) for one in offered):
        raise BadSignature("Signature mismatch: wrong secret, or the body was altered in transit.")


def _digest(mac: hmac.HMAC, content: bytes) -> bytes:
    """Copies of one HMAC do not release the interpreter for each small message.

    `hmac.digest` would.
    """
    mac = mac.copy()
    mac.update(content)
    return mac.digest()


@lru_cache(maxsize=10_000)
def _standard_mac(secret: str) -> hmac.HMAC:
    return hmac.new(key_of(secret), digestmod="sha256")


@lru_cache(maxsize=10_000)
def _text_mac(secret: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), digestmod="sha256")


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()


def _decoded(secret: str) -> bytes | None:
    if not secret.startswith(PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return None


def _duration(seconds: int) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


def _is_visible(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
