"""The interface to RQ. Jobs are named by string, since nothing may import `jobs`."""

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
# Errors of a Redis that accepts no writes now: it is full, became a replica (which also ends what
# waits in BLMOVE), lost its primary, cannot save, or runs a long script.
TAKES_NO_WRITES = (
    "OOM", "READONLY", "UNBLOCKED", "MASTERDOWN", "MISCONF", "NOREPLICAS", "BUSY", "TRYAGAIN"
)  # fmt: skip
Result = TypeVar("Result")

log = structlog.get_logger(__name__)


def nudge() -> None:
    """Ask for an engine after a commit; never raises, never waits long. The beat is the safety net.

    Call it after the commit: a job that is still in the queue starts later, so it sees the row.
    """
    parts().doorbell.ring()


def enqueue_background(job: str, *args: str) -> None:
    """Ask for a background job after a commit; never raises, never waits long.

    Its work is in SQL, and a periodic job finds what was never started.
    """
    parts().doorbell.send_for(job, *args)


def fast_redis(url: str) -> Redis:
    """For requests: gives up after a quarter of a second, without a retry."""
    return Redis.from_url(
        url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=Retry(NoBackoff(), 0)
    )


class Patience(Retry):
    """Retries twice a second, until `give_up`, while Redis is away or accepts no writes.

    What Redis refuses permanently, such as a wrong password, is not retried. One object serves all
    connections of a client, which would copy any other.
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
            return may_pass_by(error) and (is_retryable is None or is_retryable(error))

        if self._is_over:
            raise RedisConnectionError("no more requests to Redis")
        result = super().call_with_retry(do, note, may_pass, with_failure_count)
        if self._is_needed:
            self._is_needed = False
            log.info("redis is back")
        return result

    def lose(self) -> None:
        """From now on, the first error ends this call and all others at once.

        With a Redis that hangs, this waits for one timeout instead of one for each call.
        """
        self.update_retries(0)


def may_pass_by(error: Exception) -> bool:
    """Whether Redis may accept it later."""
    if isinstance(error, ResponseError):
        said = f"{error.status_code} {error}"
        return any(f"{code} " in said for code in TAKES_NO_WRITES)
    return not isinstance(error, REFUSALS)


def patient_redis(url: str, patience: Patience) -> Redis:
    """For workers: waits while Redis is away.

    The timeout is the shortest that RQ allows, 10 s more than its BLPOP, so that with a Redis that
    hangs a worker stops before it is killed.
    """
    return Redis.from_url(
        url,
        socket_timeout=20,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=patience,
        retry_on_error=[RedisConnectionError, RedisTimeoutError, ResponseError],
    )


def bell_redis(url: str) -> Redis:
    """For an engine that waits a second for the bell: it notices a hanging Redis after two."""
    return Redis.from_url(
        url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )


def beat_redis(url: str) -> Redis:
    """For the beat: after a failed tick, another follows soon."""
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
