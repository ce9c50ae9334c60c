"""The doorbell: how to ask for an engine, and how an engine that is awake hears it.

An engine that is awake says so in Redis (`AWAKE`, which expires) and waits for a token in a list
(`BELL`). After a commit with deliveries, a token is put there; at most one waits at a time. While
no engine is awake, an RQ job is enqueued instead. Tokens and jobs may be lost: engines also look
for work by themselves, and so does the beat.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from redis import Redis
from redis.exceptions import RedisError

from webhooks_app.lib.errors import reason_of
from webhooks_app.queue import BACKGROUND, enqueue_engine, queue_named

AWAKE = "hookline:awake"
BELL = "hookline:bell"
AWAKE_SECONDS = 3
PAUSE = 0.002
LONG_PAUSE = 0.01
AWAY = (RedisError, OSError)

log = structlog.get_logger(__name__)


def ring(connection: Redis) -> bool:
    """Signal an engine that is awake, or ask for one; True if a token was already waiting.

    Call it after the commit, so that the engine sees the rows.
    """
    with connection.pipeline(transaction=False) as both:
        both.rpush(BELL, 1)
        both.ltrim(BELL, 0, 0)
        both.exists(AWAKE)
        waiting, _, is_awake = both.execute()
    if not is_awake:
        enqueue_engine(connection)
    return bool(waiting > 1)


def call(connection: Redis) -> None:
    """`ring`, and ask for one more engine: there may be work for more than one."""
    ring(connection)
    enqueue_engine(connection)


class Doorbell:
    """Enqueues engines and jobs.

    After a failure it pauses for a second, so that a Redis that hangs delays few callers, each by a
    quarter of a second.
    """

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._silent_until = 0.0
        self._will_ring = False
        # One thread, which rings once for all recent requests. At exit it still rings.
        self._thread = ThreadPoolExecutor(1, "doorbell")

    def ring(self) -> None:
        """Returns at once: a producer's answer never waits for Redis."""
        if not self._will_ring:
            self._will_ring = True
            with suppress(RuntimeError):  # this process is ending
                self._thread.submit(self._ring)

    def call(self) -> None:
        """Ask for more than one engine."""
        self._try(lambda: call(self._connection))

    def send_for(self, job: str, *args: str) -> None:
        background = queue_named(BACKGROUND, self._connection)
        self._try(
            lambda: background.enqueue(
                job, args=args, result_ttl=60, failure_ttl=3600, job_timeout=-1
            )
        )

    def settle(self) -> None:
        """Wait until it has rung for all requests."""
        self._thread.submit(bool).result()

    def _ring(self) -> None:
        self._will_ring = False  # later requests get another ring
        is_waiting = self._try(lambda: ring(self._connection))
        time.sleep(LONG_PAUSE if is_waiting else PAUSE)

    def _try(self, call: Callable[[], object]) -> object:
        if time.monotonic() < self._silent_until:
            return None
        try:
            return call()
        except AWAY as error:
            self._silent_until = time.monotonic() + 1.0
            log.warning("nudge failed", reason=reason_of(error))
            return None


class Listener:
    """Listens for the bell while an engine is awake.

    While Redis is away it hears nothing and raises nothing.
    """

    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._said_at = 0.0

    @property
    def is_believed_awake(self) -> bool:
        """Whether a ring may still come because of `say_awake`."""
        return time.monotonic() - self._said_at <= AWAKE_SECONDS + 1

    def say_awake(self) -> None:
        """Call it any number of times: Redis is updated once a second."""
        if (now := time.monotonic()) - self._said_at >= 1:
            try:
                self._connection.set(AWAKE, 1, ex=AWAKE_SECONDS)
                self._said_at = now
            except AWAY as error:
                log.warning("not heard", reason=reason_of(error))

    def wait(self, seconds: int) -> bool:
        """Wait for a ring; False if there is none."""
        try:
            return self._connection.blpop([BELL], seconds) is not None
        except AWAY as error:
            log.warning("bell not heard", reason=reason_of(error))
            time.sleep(seconds)
            return False
