"""How one try ended, on any channel."""

from datetime import datetime

import msgspec

from webhooks_app.vocabulary import Failure


class Trace(msgspec.Struct, frozen=True):
    """How long each part of a try took, in milliseconds, and which connection it used.

    None means that this try did not have that part: a kept connection needs no name look-up and no
    handshake. `certificate_ends_at` is when the endpoint's certificate expires.
    """

    lookup_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    first_byte_ms: int | None = None
    body_ms: int | None = None
    address: str | None = None
    http_version: str | None = None
    tls_version: str | None = None
    certificate_ends_at: datetime | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How one try ended. `failure` is None when it was delivered.

    `status_code` may be set beside a failure, for example when a body never ended. `retry_after` is
    how many seconds the endpoint asked us to wait. `response_body` is cut at the channel's limit.
    `permanent`: another try would not help, whatever the retry policy says. `gone`: the endpoint
    wants no more requests, so its subscription is switched off. `struggling`: the endpoint is
    overloaded, so it should get fewer requests at once.
    """

    failure: Failure | None
    error: str | None
    started_at: datetime
    duration: float
    status_code: int | None = None
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: bytes = b""
    truncated: bool = False
    retry_after: float | None = None
    permanent: bool = False
    gone: bool = False
    trace: Trace = Trace()

    @property
    def delivered(self) -> bool:
        return self.failure is None

    @property
    def retryable(self) -> bool:
        """Whether another try may help, as far as the channel can say."""
        return not (self.delivered or self.permanent or self.gone)

    @property
    def answered(self) -> bool:
        """The endpoint answered in time and did not say that it is overloaded."""
        if self.permanent:
            return True
        if self.failure is Failure.STATUS and self.status_code is not None:
            return self.status_code < 500 and self.status_code != 429
        return self.failure is None


def unsent(error: str, now: datetime) -> Outcome:
    """The outcome of a try that could not start."""
    return Outcome(Failure.INTERNAL, error, now, 0.0)
