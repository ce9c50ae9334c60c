"""Retry policies: which failures are retried, and when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeGuard

from webhooks_app.vocabulary import Failure

LONGEST_RETRY_AFTER = 24 * 3600.0
MOST_DELAYS = 20
SHORTEST_DELAY, LONGEST_DELAY = 1, 7 * 24 * 3600
MINUTE, HOUR = 60.0, 3600.0
SERVER_ERRORS = 500

# Pollybot's document shows 3 retries and 1000 ms; the bounds are ours.
POLLYBOT = {"max_retries": 3, "retry_delay_ms": 1000}
MOST_RETRIES = 20
SHORTEST_BASE, LONGEST_BASE = 100, 3_600_000


class InvalidPolicy(ValueError):
    """A retry policy is not valid; the message says why."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`delays` are the seconds to wait after the first, second … failure.

    `server_errors_only`: an answer below 500 fails at once. `most_added`: how many seconds
    Retry-After may add to one delay.
    """

    name: str
    delays: tuple[float, ...]
    server_errors_only: bool = False
    most_added: float = LONGEST_RETRY_AFTER

    def delay_after(self, failures: int) -> float | None:
        """Seconds to wait after that many failures; None if no retries are left."""
        return self.delays[failures - 1] if failures <= len(self.delays) else None

    def retries(self, failure: Failure, status: int | None) -> bool:
        """Whether a retry may help.

        It nearly always may: a name, a certificate, even a refused address can be fixed.
        """
        if failure is not Failure.STATUS or status is None:
            return True
        return not self.server_errors_only or status >= SERVER_ERRORS


def _doubling(base: float, retries: int) -> tuple[float, ...]:
    """Each delay is twice the one before, up to the longest allowed."""
    return tuple(max(SHORTEST_DELAY, min(base * 2**n, LONGEST_DELAY)) for n in range(retries))


def _pollybot(retries: int, base_ms: int) -> RetryPolicy:
    return RetryPolicy("pollybot", _doubling(base_ms / 1000, retries))


# From their documents: Pivot ("Retry Behavior"), Pivra ("Retry behaviour"), Inqyra ("Retry
# Behavior"), Pivotal ("The replay button": 24 hours, on 5xx or timeout), Pollybot (its API).
# Pivotal's delays add up to 20 h; jitter and twelve times `most_added` keep that within 24 h.
POLICIES = {
    policy.name: policy
    for policy in (
        RetryPolicy("pivot", (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR)),
        RetryPolicy("pivra", (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR)),
        RetryPolicy("inqyra", (MINUTE, 5 * MINUTE, 30 * MINUTE)),
        RetryPolicy(
            "pivotal",
            (*_doubling(MINUTE, 8), *(4 * HOUR,) * 4),
            server_errors_only=True,
            most_added=8 * MINUTE,
        ),
        _pollybot(POLLYBOT["max_retries"], POLLYBOT["retry_delay_ms"]),
    )
}


def parse_policy(raw: object) -> RetryPolicy:
    """A policy from its JSON.

    Its name, `{"delays": [seconds, …]}`, or `{"max_retries", "retry_delay_ms"}`. The last doubles
    its wait with each retry, as Pollybot's does. Raises `InvalidPolicy`.
    """
    if isinstance(raw, str):
        if raw not in POLICIES:
            raise InvalidPolicy(f"The retry policy is one of: {', '.join(POLICIES)}.")
        return POLICIES[raw]
    if isinstance(raw, Mapping) and set(raw) == {"delays"}:
        return RetryPolicy("custom", _parse_delays(raw["delays"]))
    if isinstance(raw, Mapping) and set(raw) == set(POLLYBOT):
        return _parse_pollybot(raw["max_retries"], raw["retry_delay_ms"])
    raise InvalidPolicy(
        'Give the name of a policy, {"delays": [seconds, …]}, or '
        '{"max_retries": 3, "retry_delay_ms": 1000}.'
    )


def timeline(policy: RetryPolicy) -> list[float]:
    """When each try is made, in seconds after the first one at 0, without jitter."""
    return [0.0, *accumulate(policy.delays)]


def _parse_delays(raw: object) -> tuple[float, ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MOST_DELAYS:
        raise InvalidPolicy(f"Delays are a list of at most {MOST_DELAYS} numbers of seconds.")
    for delay in raw:
        if isinstance(delay, bool) or not isinstance(delay, int | float):
            raise InvalidPolicy("A delay is a number of seconds.")
        if not SHORTEST_DELAY <= delay <= LONGEST_DELAY:
            raise InvalidPolicy("A delay is from 1 second to 7 days.")
    return tuple(float(delay) for delay in raw)


def _parse_pollybot(retries: object, base: object) -> RetryPolicy:
    if not _is_whole(retries, 0, MOST_RETRIES):
        raise InvalidPolicy(f"max_retries is a whole number from 0 to {MOST_RETRIES}.")
    if not _is_whole(base, SHORTEST_BASE, LONGEST_BASE):
        raise InvalidPolicy(
            f"retry_delay_ms is a whole number of milliseconds from {SHORTEST_BASE} to "
            f"{LONGEST_BASE}."
        )
    return _pollybot(retries, base)


def _is_whole(value: object, least: int, most: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def policy_or_default(raw: object) -> RetryPolicy:
    """A stored policy; the default if it cannot be read."""
    try:
        return parse_policy(raw)
    except InvalidPolicy:
        return POLICIES["pivot"]
