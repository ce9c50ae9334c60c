"""What goes into the webhook channel, and what comes out."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from webhooks_app.vocabulary import Failure


class WebhookMessage(msgspec.Struct, frozen=True):
    """One request, ready to send. `masked` names the headers whose values must not be logged;
    `timeout` is how many seconds an answer may take, None for as long as the transport waits."""

    delivery_id: str
    number: int
    url: str
    headers: Mapping[str, str]
    masked: frozenset[str]
    body: bytes
    timeout: float | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How one try ended. `failure` is None when it was answered by a 2xx.

    `status_code` may be set beside a failure: a body that never ended, say. `retry_after` is the
    header's value. `response_body` holds at most `BODY_LIMIT` bytes, as they came. `permanent`:
    trying again would not help, whatever the policy says.
    """

    failure: Failure | None
    error: str | None
    status_code: int | None
    response_headers: tuple[tuple[str, str], ...]
    response_body: bytes
    truncated: bool
    retry_after: str | None
    started_at: datetime
    duration: float
    permanent: bool = False

    @property
    def delivered(self) -> bool:
        return self.failure is None

    @property
    def answered(self) -> bool:
        """The endpoint copes: it answered in time, and not to say that it is overwhelmed."""
        if self.permanent:
            return True
        if self.failure is Failure.STATUS and self.status_code is not None:
            return self.status_code < 500 and self.status_code != 429
        return self.failure is None


def unsent(error: str, now: datetime) -> Outcome:
    """The outcome of a try that could not even begin."""
    return Outcome(Failure.INTERNAL, error, None, (), b"", False, None, now, 0.0)
