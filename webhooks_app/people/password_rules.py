"""Which passwords are good enough: long, and not easily guessed (NIST SP 800-63B §3.1.1.2).

There are no rules about digits or symbols, and no expiry: both make people choose worse passwords.
"""

import re
from typing import Any

from webhooks_app.lib.errors import BadAccount

SHORTEST_PASSWORD = 10
# zxcvbn is slow for long texts; if the first characters are hard to guess, the password is good
# enough.
ESTIMATED = 40
# Of 0 to 4. A lower score is found within a million guesses: common passwords, their variations,
# and keys next to each other.
WEAKEST = 2


class BadPassword(BadAccount):
    """The password is too easily guessed; the message is a sentence or two for a person."""


def checked_password(password: str, *about: str) -> str:
    """Return the password. Raises `BadPassword` if it is too easily guessed.

    `about` is what an attacker would try first: the person's e-mail and name, the site's name.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise BadPassword(f"The password needs at least {SHORTEST_PASSWORD} characters.")
    words = [*about, *(word for text in about for word in re.split(r"\W+", text))]
    found = _estimated(password[:ESTIMATED], [word for word in words if len(word) > 2])
    if found["score"] < WEAKEST:
        reason = found["feedback"]["warning"] or "It can be guessed quickly."
        raise BadPassword(
            f"Choose a password that is harder to guess. {reason} Several unrelated words work "
            "well."
        )
    return password


def _estimated(password: str, guesses: list[str]) -> Any:
    """zxcvbn's estimate. It is imported here since its word lists take 12 MB and few need them."""
    from zxcvbn import zxcvbn

    return zxcvbn(password, guesses)
