"""What follows from an outcome: whether a delivery is tried again, and when. Pure."""

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.retry_policy import LONGEST_RETRY_AFTER, RetryPolicy

JITTER = 0.1


def decide(policy: RetryPolicy, claimed: Claimed, outcome: Outcome, rng: float) -> float | None:
    """Seconds until the next try; None when it was delivered or is given up. A test is tried once.

    `rng` (0 to 1) adds a little jitter, never subtracts. The endpoint may ask for more time, up to
    a day or as much as the policy allows.
    """
    if outcome.failure is None or not outcome.retryable or claimed.is_test:
        return None
    if not policy.retries(outcome.failure, outcome.status_code):
        return None
    delay = policy.delay_after(claimed.failures + 1)
    if delay is None:
        return None
    delay *= 1 + JITTER * rng
    if outcome.retry_after is not None:
        longest = min(LONGEST_RETRY_AFTER, delay + policy.most_added)
        delay = max(delay, min(outcome.retry_after, longest))
    return delay
