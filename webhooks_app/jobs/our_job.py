"""Limit workers to our own jobs, since anyone with access to Redis can name any function."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from redis import RedisError
from rq.defaults import DEFAULT_RESULT_TTL
from rq.job import Job

from webhooks_app.jobs.aside import Aside
from webhooks_app.jobs.slices import others_wait
from webhooks_app.lib.metrics import JOB_SECONDS
from webhooks_app.operations.schedule import PERIODIC, job_name
from webhooks_app.queue import REPLAY_BATCH, RUN_ENGINE, SEND_MAIL

OUR_JOBS = frozenset(
    {RUN_ENGINE, REPLAY_BATCH, SEND_MAIL, *(periodic.job for periodic in PERIODIC)}
)
LONG = frozenset({REPLAY_BATCH, *(periodic.job for periodic in PERIODIC if periodic.is_long)})

log = structlog.get_logger(__name__)


class NotOurJob(Exception):
    """A job that our code never enqueues."""


class OurJob(Job):
    """RQ imports the function of each job here, by its name in Redis."""

    aside: Aside  # The worker's.

    def perform(self) -> Any:
        if self.func_name not in LONG:
            return self._perform()
        key = (self.func_name, *self.args[:1])
        return self.aside.run(key, self._perform_aside, partial(others_wait, self))

    def _perform_aside(self) -> None:
        """RQ makes what it begins permanent, even after its worker has continued."""
        try:
            self._perform()
        finally:
            with suppress(RedisError):
                self.connection.expire(self.key, self.get_result_ttl(DEFAULT_RESULT_TTL))

    def _perform(self) -> Any:
        if self.func_name not in OUR_JOBS:
            return super().perform()
        began, outcome = time.monotonic(), "failed"
        try:
            result = super().perform()
            outcome = "done"
        finally:
            took = time.monotonic() - began
            JOB_SECONDS.labels(job_name(self.func_name), outcome).observe(took)
        return result

    @property
    def func(self) -> Callable[..., object]:
        if self.func_name not in OUR_JOBS or self.instance:
            log.error("job refused", job=self.id, function=str(self.func_name)[:200])
            raise NotOurJob(f"Workers do not run {str(self.func_name)[:200]!r}")
        return super().func  # type: ignore[no-any-return]

    @property
    def success_callback(self) -> None:
        """Refuse callbacks: none of our jobs has one."""

    failure_callback = stopped_callback = success_callback
