"""`Idempotency-Key` makes a repeat harmless (draft-ietf-httpapi-idempotency-key-header)."""

from flask import request

from webhooks_app.api.event_bodies import VISIBLE
from webhooks_app.api.problems import Problem
from webhooks_app.ingest.service import KeyReused
from webhooks_app.lib.pointers import Fault, Invalid

LONGEST_KEY = 255
LONGEST_BATCH_KEY = LONGEST_KEY - len(" 999")


def is_usable(key: str, longest: int) -> bool:
    return len(key) <= longest and VISIBLE.fullmatch(key) is not None


def idempotency_key(longest: int) -> str | None:
    """The value of that header, or None. Raises `Invalid`."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not is_usable(key, longest):
        detail = f"A key has 1 to {longest} visible ASCII characters."
        raise Invalid(Fault("Idempotency-Key", detail, kind="header"))
    return key


def reused(error: KeyReused, at: str, what: str = "event") -> Problem:
    """`at` is the pointer to the event or message."""
    if error.member == "id":
        fault = Fault(f"{at}/id", f"This id was used before, for a different {what}.")
        return _reused(fault, what)
    return reused_for(what)


def reused_for(what: str) -> Problem:
    """The key was used for a different `what`."""
    detail = f"This key was used before, for a different {what}."
    return _reused(Fault("Idempotency-Key", detail, kind="header"), what)


def _reused(fault: Fault, what: str) -> Problem:
    return Problem(
        422,
        "idempotency-key-reused",
        f"Already used for a different {what}",
        fault.detail,
        faults=[fault],
    )
