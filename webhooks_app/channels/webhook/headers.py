"""Which headers a customer may add to their webhooks."""

import re
from collections.abc import Mapping

MOST = 20
LONGEST_NAME = 100
LONGEST_VALUE = 4096

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
# RFC 9110 §5.5: other characters reach some receivers as Latin-1, and others as UTF-8.
VALUE = re.compile(r"[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?")

# Hop-by-hop (RFC 9110 §7.6.1), framing, what we set, and what names the sender.
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
)


class InvalidHeader(ValueError):
    """`name` is the header, as it was given."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def check_custom_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they are to be sent. Raises `InvalidHeader` for the first that may not be."""
    if len(headers) > MOST:
        raise InvalidHeader(list(headers)[MOST], f"There are at most {MOST} custom headers.")
    seen: set[str] = set()
    for name, value in headers.items():
        _check(name, value)
        if name.lower() in seen:
            raise InvalidHeader(name, f"{name} is there twice; case makes no difference.")
        seen.add(name.lower())
    return dict(headers)


def _check(name: str, value: str) -> None:
    if len(name) > LONGEST_NAME or not TOKEN.fullmatch(name):
        raise InvalidHeader(name, "A header's name has letters, digits and hyphens only.")
    if name.lower() in DENIED or name.lower().startswith(DENIED_PREFIXES):
        raise InvalidHeader(name, f"{name} is set by us or by the connection, so it cannot be.")
    if value and not value.isascii():
        raise InvalidHeader(
            name,
            f"The value of {name} may hold ASCII characters only, since receivers read others "
            "differently. Write them as %C3%A9, for example, if your receiver decodes that.",
        )
    if len(value) > LONGEST_VALUE or not VALUE.fullmatch(value):
        raise InvalidHeader(
            name, f"The value of {name} is 1 to {LONGEST_VALUE} printable ASCII characters."
        )
