"""E-mail addresses as they are sent to."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

LONGEST = 254
# Allowed in an address, but mail programs decode it (RFC 2047), with line breaks in it.
ENCODED_WORD = "=?"
NAMED = re.compile(r"""\s*(?:"[^"\n]*"|[^"<>@\n]*)\s*<([^<>\n]*)>\s*""")


def ascii_address(text: object) -> str | None:
    """One bare address, an international domain as `xn--…`; None for anything else.

    The domain is not looked up. Nothing but a plain address passes, so the result is safe in a
    header.
    """
    if not isinstance(text, str) or len(text) > LONGEST or ENCODED_WORD in text:
        return None
    return _checked(text)


@lru_cache(1024)  # a mail needs that of its lead several times
def _checked(text: str) -> str | None:
    try:
        checked = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return checked.ascii_email


def recipient(text: str) -> str | None:
    """The address in `Ada <ada@example.com>` or in a bare address; None for anything else."""
    named = NAMED.fullmatch(text)
    return ascii_address(named[1] if named else text)
