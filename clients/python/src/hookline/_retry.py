"""Whether a request is sent again, and after how long. Pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

PASSING = frozenset((429, 500, 502, 503, 504))
REPEATABLE = frozenset(("GET", "PUT", "PATCH", "DELETE"))


@dataclass(frozen=True)
class RetryPolicy:
    """`retries` more attempts. A delay doubles from `first` seconds to `longest`.

    Whatever the server asks for by `Retry-After` is waited for, up to `patience` seconds in all.
    """

    retries: int = 4
    first: float = 0.25
    longest: float = 8
    patience: float = 60

    def delay(self, attempt: int, retry_after: float | None, waited: float) -> float | None:
        """Seconds until the next attempt; None to give up. `attempt` counts from 1."""
        if attempt > self.retries:
            return None
        backoff = min(self.longest, self.first * 2 ** (attempt - 1))
        wanted = backoff * random.uniform(0.5, 1)  # noqa: S311 - spreads load, hides nothing
        if retry_after is not None:
            wanted += max(retry_after - wanted, 0)
        return wanted if waited + wanted <= self.patience else None


def may_repeat(method: str, headers: Mapping[str, str]) -> bool:
    """A request whose answer was lost is harmless to repeat.

    With `If-Match` it is not: the repeat would be refused, because the first one changed the
    object.
    """
    if "If-Match" in headers or headers.get("If-None-Match") == "*":
        return False
    return method in REPEATABLE or "Idempotency-Key" in headers


def is_passing(status: int, kind: str, repeatable: bool, retry_after: float | None) -> bool:
    """The same request can succeed a little later."""
    if status == 429:
        return True
    runs = kind == "idempotency-key-in-use" and retry_after is not None
    return repeatable and (status in PASSING or runs)


def seconds_of(retry_after: str | None, now: datetime | None = None) -> float | None:
    """`Retry-After` in seconds, from seconds or from a date; None when it says neither."""
    if not retry_after:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - (now or datetime.now(UTC))).total_seconds(), 0)
