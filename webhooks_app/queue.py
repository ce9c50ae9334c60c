"""The door to RQ. Jobs are named by string, since nobody imports `jobs`."""

from collections.abc import Callable
from typing import Self, TypeVar

import structlog
from redis import Redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from webhooks_app.parts import parts

DELIVERIES = "deliveries"
BACKGROUND = "background"
RUN_ENGINE = "webhooks_app.jobs.engine.run_engine"
REPLAY_BATCH = "webhooks_app.jobs.replays.run_batch"
SEND_MAIL = "webhooks_app.jobs.mail.send_pending"
FOREVER = -1
REFUSALS = (AuthenticationError, AuthorizationError)
# What a Redis says that takes no writes now: it is full, it became a replica, it cannot save.
TAKES_NO_WRITES = ("OOM", "READONLY", "MISCONF", "NOREPLICAS")
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


def nudge() -> None:
    """Ask for an engine after a commit; never raises, never waits long. The beat is the safety net.

    Call it after the commit: a job that is still listed is popped later, so it sees the row.
    """
    parts().doorbell.ring()


def enqueue_background(job: str, *args: str) -> None:
    """Ask for a job of the background queue after a commit; never raises, never waits long.

    Its work is in SQL, and a periodic job finds what was never begun.
    """
    parts().doorbell.send_for(job, *args)


def fast_redis(url: str) -> Redis:
    """For requests: gives up after a quarter of a second, without a second try."""
    return Redis.from_url(
        url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0)
    )


class Patience(Retry):
    """Tries again twice a second, for as long as it takes, until it is lost: while Redis is away,
    and while it takes no writes. What it refuses for good, such as a wrong password, is not tried
    again.

    One object serves all connections of a client, which would copy any other.
    """

    def __init__(self) -> None:
        super().__init__(ConstantBackoff(0.5), FOREVER)
        self._is_needed = self._is_over = False

    def __deepcopy__(self, _memo: dict[int, object]) -> Self:
        return self

    def call_with_retry(
        self,
        do: Callable[[], Result],
        fail: Callable[..., object],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> Result:
        def note(error: Exception, *count: int) -> None:
            self._is_over = self.get_retries() == 0
            if not self._is_needed:
                self._is_needed = True
                log.warning("redis is away", error=str(error))
            fail(error, *count)

        def may_pass(error: Exception) -> bool:
            return _passes_by(error) and (is_retryable is None or is_retryable(error))

        if self._is_over:
            raise RedisConnectionError("Redis is not asked again")
        result = super().call_with_retry(do, note, may_pass, with_failure_count)
        if self._is_needed:
            self._is_needed = False
            log.info("redis is back")
        return result

    def lose(self) -> None:
        """From now on an error ends the call that is under way, and every other at once: beside a
        Redis that hangs, one timeout is waited for and not one for each call."""
        self.update_retries(0)


def _passes_by(error: Exception) -> bool:
    """Whether Redis may well do it later."""
    if isinstance(error, ResponseError):
        said = f"{error.status_code} {error}"
        return any(f"{code} " in said for code in TAKES_NO_WRITES)
    return not isinstance(error, REFUSALS)


def patient_redis(url: str, patience: Patience) -> Redis:
    """For workers: sits out a Redis that is away. The timeout is the least that RQ takes, 10 s more
    than its BLPOP, so that beside a Redis that hangs a worker stops before it is killed."""
    return Redis.from_url(
        url,
        socket_timeout=20,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=patience,
        retry_on_error=[RedisConnectionError, RedisTimeoutError, ResponseError],
    )


def bell_redis(url: str) -> Redis:
    """For an engine that waits a second for the bell: a Redis that hangs is noticed after two."""
    return Redis.from_url(
        url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def beat_redis(url: str) -> Redis:
    """For the beat: a tick that fails is followed by another soon."""
    return Redis.from_url(
        url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
    )


def queue_named(name: str, connection: Redis) -> Queue:
    return Queue(name, connection=connection, serializer=JSONSerializer)


def enqueue_engine(connection: Redis) -> None:
    """Enqueue an engine unless one is already waiting."""
    if connection.llen(f"rq:queue:{DELIVERIES}") == 0:
        queue_named(DELIVERIES, connection).enqueue(
            RUN_ENGINE, result_ttl=60, failure_ttl=3600, job_timeout=-1
        )
