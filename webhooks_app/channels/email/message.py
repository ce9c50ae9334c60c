"""The results of the mails of one try, and their text in the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from webhooks_app.channels.email.mime import Email, headers_of
from webhooks_app.channels.email.unsent import Unsent, is_permanent
from webhooks_app.channels.outcome import Outcome
from webhooks_app.vocabulary import Failure

ACCEPTED = range(200, 300)
LONGEST_ERROR = 500
MASKED = frozenset(["list-unsubscribe"])


class RecipientAnswer(msgspec.Struct, frozen=True):
    """The result of one recipient's mail. `unsent` is None when the server accepted it."""

    recipient: str
    code: int | None
    text: str
    unsent: Unsent | None = None

    @property
    def logged(self) -> tuple[str, str]:
        return self.recipient, f"{self.code or ''} {self.text}".strip()


def mailto(addresses: Sequence[str]) -> str:
    return f"mailto:{','.join(addresses)}"


def logged_headers(letters: Sequence[Email]) -> dict[str, str]:
    """The headers of the first mail: the others differ only in their recipient."""
    if not letters:
        return {}
    letter = letters[0]
    unsubscribe = letter.unsubscribe
    return headers_of(letter) | ({"List-Unsubscribe": unsubscribe} if unsubscribe else {})


def settled(logged: Sequence[Sequence[str]]) -> dict[str, bool]:
    """The final answers in a log: by recipient, whether the mail was accepted."""
    codes = {recipient: int(text[:3]) for recipient, text in logged if text[:3].isdecimal()}
    return {
        recipient: code in ACCEPTED
        for recipient, code in codes.items()
        if code in ACCEPTED or is_permanent(code)
    }


def outcome_of(
    answers: Sequence[RecipientAnswer],
    before: Mapping[str, bool],
    started_at: datetime,
    duration: float,
) -> Outcome:
    """One outcome for all recipients.

    Delivered when nothing is left to try and someone got it; failed permanently when all have
    refused it. `before` holds the final answers of earlier tries.
    """
    unsent = [(one.recipient, one.unsent) for one in answers if one.unsent is not None]
    waiting = [error for _, error in unsent if not error.permanent]
    taken = any(before.values()) or len(unsent) < len(answers)
    decisive = waiting or ([] if taken else [error for _, error in unsent])
    failure, code = None, next((one.code for one in answers if one.unsent is None), None)
    if decisive:
        failure, code = decisive[0].failure, decisive[0].code
    elif not taken:
        failure = Failure.STATUS
    return Outcome(
        failure=failure,
        error=_said(unsent, several=len(answers) > 1) or (None if taken else "All refused it."),
        status_code=code,
        response_headers=tuple(one.logged for one in answers),
        started_at=started_at,
        duration=duration,
        permanent=failure is not None and not waiting,
    )


def _said(unsent: Sequence[tuple[str, Unsent]], several: bool) -> str:
    """Why it was not accepted; by recipient, when there are several."""
    parts = [f"{recipient}: {error}" if several else str(error) for recipient, error in unsent]
    return "; ".join(parts)[:LONGEST_ERROR]
