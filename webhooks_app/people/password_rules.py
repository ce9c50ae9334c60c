"""Which passwords are good enough: long, and not easily guessed (NIST SP 800-63B §3.1.1.2).

No rules about digits or signs, and no expiry: both make people choose worse ones.
"""

import re

from zxcvbn import zxcvbn

from webhooks_app.lib.errors import BadAccount

SHORTEST_PASSWORD = 10
# zxcvbn takes long over long texts; one whose first characters are hard to guess is good enough.
ESTIMATED = 40
# Of 0 to 4: below that it falls within a million guesses, such as all common passwords, their
# variations, and what is on the keyboard side by side.
WEAKEST = 2


class BadPassword(BadAccount):
    """It is too easily guessed; the message is a sentence or two for a person."""


def checked_password(password: str, *about: str) -> str:
    """The password itself. Raises `BadPassword` for one that is too easily guessed.

    `about` is what an attacker would try first: the person's e-mail and name, the site's name.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise BadPassword(f"The password needs at least {SHORTEST_PASSWORD} characters.")
    words = [*about, *(word for text in about for word in re.split(r"\W+", text))]
    found = zxcvbn(password[:ESTIMATED], [word for word in words if len(word) > 2])
    if found["score"] < WEAKEST:
        reason = found["feedback"]["warning"] or "It would be guessed quickly."
        raise BadPassword(
            f"Choose a password that is harder to guess. {reason} Several unrelated words are good."
        )
    return password
