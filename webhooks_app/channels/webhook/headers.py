"""Which headers a customer may add to their webhooks."""

import re
from collections.abc import Mapping

MOST = 20
LONGEST_NAME = 100
LONGEST_VALUE = 4096

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
# RFC 9110 §5.5: some receivers read other characters as Latin-1, some as UTF-8.
VALUE = re.compile(r"[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?")

# Hop-by-hop (RFC 9110 §7.6.1), framing, headers that we set, and headers that name the sender.
DENIED = frozenset(
    [
        "accept-encoding",
        "connection",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "stripe-signature",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-real-ip",
        "x-webhook-id",
        "x-webhook-signature",
        "x-webhook-timestamp",
    ]
)
DENIED_PREFIXES = (
    "ce-",
    "content-",
    "pivotal-",
    "proxy-",
    "svix-",
    "webhook-",
    "x-forwarded-",
    "x-github-",
    "x-hub-signature",
    "x-inqyra-signature",
    "x-pivot-signature",
    "x-pivra-signature",
    "x-shopify-",
)


class InvalidHeader(ValueError):
    """`name` is the header, as it was given."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def check_custom_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers to send. Raises `InvalidHeader` for the first that is not allowed."""
    if len(headers) > MOST:
        raise InvalidHeader(list(headers)[MOST], f"Use at most {MOST} custom headers.")
    seen: set[str] = set()
    for name, value in headers.items():
        _check(name, value)
        if name.lower() in seen:
            raise InvalidHeader(name, f"{name} appears twice. Upper and lower case are the same.")
        seen.add(name.lower())
    return dict(headers)


def _check(name: str, value: str) -> None:
    if len(name) > LONGEST_NAME or not TOKEN.fullmatch(name):
        raise InvalidHeader(name, "A header's name has letters, digits and hyphens only.")
    if name.lower() in DENIED or name.lower().startswith(DENIED_PREFIXES):
        raise InvalidHeader(
            name, f"{name} cannot be a custom header: it is set by us or by the connection."
        )
    if value and not value.isascii():
        raise InvalidHeader(
            name,
            f"Use only ASCII characters in the value of {name}: receivers read others "
            "differently. Write them as %C3%A9, for example, if your receiver decodes that.",
        )
    if len(value) > LONGEST_VALUE or not VALUE.fullmatch(value):
        raise InvalidHeader(
            name, f"The value of {name} must have 1 to {LONGEST_VALUE} printable ASCII characters."
        )
