"""Limit workers to our own jobs, since anyone with access to Redis can name any function."""

from collections.abc import Callable

import structlog
from rq.job import Job

from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.queue import REPLAY_BATCH, RUN_ENGINE, SEND_MAIL

OUR_JOBS = frozenset(
    {RUN_ENGINE, REPLAY_BATCH, SEND_MAIL, *(periodic.job for periodic in PERIODIC)}
)

log = structlog.get_logger(__name__)


class NotOurJob(Exception):
    """A job that our code never enqueues."""


class OurJob(Job):
    """RQ imports the function of each job here, by its name in Redis."""

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
