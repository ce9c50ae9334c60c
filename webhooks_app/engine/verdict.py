"""What follows from an outcome: whether a delivery is tried again, and when."""

import random

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.message import MailMessage
from webhooks_app.channels.webhook.message import Outcome, WebhookMessage
from webhooks_app.engine.endpoints import Endpoint
from webhooks_app.engine.record import GONE, Result
from webhooks_app.engine.retry import next_delay, parse_retry_after
from webhooks_app.lib.times import utcnow


def judge(
    endpoint: Endpoint, claimed: Claimed, message: WebhookMessage | MailMessage, outcome: Outcome
) -> Result:
    """The result to record; `retry_in` is None for what was delivered or is given up, as a test is
    at once."""
    retry_in = None
    gone = not endpoint.is_email and outcome.status_code == GONE
    final = outcome.permanent or gone or claimed.is_test
    if outcome.failure is not None and not final:
        retry_in = next_delay(
            endpoint.policy,
            failures=claimed.failures + 1,
            failure=outcome.failure,
            # Policies speak of HTTP; what SMTP refuses for good is permanent already.
            status=None if endpoint.is_email else outcome.status_code,
            retry_after=parse_retry_after(outcome.retry_after, utcnow()),
            rng=random.random(),  # noqa: S311
        )
    return Result(claimed, message, outcome, retry_in)
