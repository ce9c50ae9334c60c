"""The state of one call while it is tried: how often, and how long it has waited."""

from hookline._answer import Answer
from hookline._call import Call
from hookline._retry import RetryPolicy, may_repeat
from hookline.errors import ConnectionFailed


class Tries:
    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._made = 0
        self._waited = 0.0

    def next_delay(self, call: Call, tried: Answer | ConnectionFailed) -> float:
        """Seconds until the next try. Raises the error when there is none."""
        self._made += 1
        delay = self._delay(call, tried)
        if delay is None:
            raise tried.error() if isinstance(tried, Answer) else tried
        self._waited += delay
        return delay

    def _delay(self, call: Call, tried: Answer | ConnectionFailed) -> float | None:
        if isinstance(tried, Answer):
            again, retry_after = tried.is_passing(call), tried.retry_after
        else:
            again, retry_after = may_repeat(call.method, call.headers), None
        return self._policy.delay(self._made, retry_after, self._waited) if again else None
