"""Retry policies: which failures are tried again, and when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from webhooks_app.vocabulary import Failure

JITTER = 0.1
LONGEST_RETRY_AFTER = 24 * 3600.0
MOST_DELAYS = 20
LONGEST_DELAY = 7 * 24 * 3600
MINUTE, HOUR = 60.0, 3600.0
GONE = 410
ASKS_TO_WAIT = (429, 503)


class InvalidPolicy(ValueError):
    """A retry policy that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`delays` are the seconds after the first, second … failure."""

    name: str
    delays: tuple[float, ...]

    def delay_after(self, failures: int) -> float | None:
        """Seconds to wait after that many failures; None when no more tries are left."""
        return self.delays[failures - 1] if failures <= len(self.delays) else None

    def retries(self, failure: Failure, status: int | None) -> bool:
        """All but 410 Gone: a name, a certificate, even a refused address may yet be mended."""
        return not (failure is Failure.STATUS and status == GONE)


# Seeds: Pivot ("Retry Behavior"), Pivra ("Retry behaviour"), Inqyra ("Retry Behavior").
POLICIES = {
    policy.name: policy
    for policy in (
        RetryPolicy("pivot", (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR)),
        RetryPolicy("pivra", (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR)),
        RetryPolicy("inqyra", (MINUTE, 5 * MINUTE, 30 * MINUTE)),
    )
}


def parse_policy(raw: object) -> RetryPolicy:
    """A policy by its name, or `{"delays": [seconds, …]}`. Raises `InvalidPolicy`."""
    if isinstance(raw, str):
        if raw not in POLICIES:
            raise InvalidPolicy(f"The retry policy is one of: {', '.join(POLICIES)}.")
        return POLICIES[raw]
    if not isinstance(raw, Mapping) or set(raw) != {"delays"}:
        raise InvalidPolicy('Give the name of a policy, or {"delays": [seconds, …]}.')
    return RetryPolicy("custom", _parse_delays(raw["delays"]))


def next_delay(
    policy: RetryPolicy,
    *,
    failures: int,
    failure: Failure,
    status: int | None,
    retry_after: float | None,
    rng: float,
) -> float | None:
    """Seconds until the next try, or None for no more.

    `failures` counts this one. A little is added by `rng` (0 to 1), never taken away.
    `retry_after` seconds, on 429 and 503, may lengthen the delay, up to a day.
    """
    if not policy.retries(failure, status):
        return None
    delay = policy.delay_after(failures)
    if delay is None:
        return None
    delay *= 1 + JITTER * rng
    if retry_after is not None and status in ASKS_TO_WAIT:
        delay = max(delay, min(retry_after, LONGEST_RETRY_AFTER))
    return delay


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 §10.2.3): a number or a date; else None."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def _parse_delays(raw: object) -> tuple[float, ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MOST_DELAYS:
        raise InvalidPolicy(f"Delays are a list of at most {MOST_DELAYS} numbers of seconds.")
    for delay in raw:
        if isinstance(delay, bool) or not isinstance(delay, int | float):
            raise InvalidPolicy("A delay is a number of seconds.")
        if not 1 <= delay <= LONGEST_DELAY:
            raise InvalidPolicy("A delay is from 1 second to 7 days.")
    return tuple(float(delay) for delay in raw)
