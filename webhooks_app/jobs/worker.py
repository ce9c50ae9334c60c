"""RQ's SimpleWorker, which survives a Redis outage and stops in order."""

import signal
from contextlib import suppress
from types import FrameType
from typing import Any

import structlog
from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from structlog.contextvars import bound_contextvars

from webhooks_app import queue
from webhooks_app.extensions import db
from webhooks_app.jobs.aside import Aside
from webhooks_app.jobs.engine import engine_of, resident
from webhooks_app.jobs.our_job import OurJob
from webhooks_app.lib import tracing
from webhooks_app.operations.restored import wait_until_told
from webhooks_app.parts import parts_of

log = structlog.get_logger(__name__)


class HooklineWorker(SimpleWorker):
    """Serves one queue, so that a job of a dead worker is found again.

    Each job runs in its own application context, and only our jobs run.
    """

    def __init__(self, app: Flask, queue_name: str, **options: Any) -> None:
        self._patience = queue.Patience()
        self._url = parts_of(app).settings.redis_socket_url
        connection = queue.patient_redis(self._url, self._patience)
        super().__init__(
            [queue.queue_named(queue_name, connection)],
            connection=connection,
            serializer=JSONSerializer,
            job_class=OurJob,
            worker_ttl=25,
            maintenance_interval=15,
            **options,
        )
        self.log_job_description = False
        self._app = app
        self._aside = Aside(app)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        with self._app.app_context(), bound_contextvars(job=job.func_name, job_id=job.id):
            assert isinstance(job, OurJob)
            job.aside = self._aside
            return super().perform_job(job, queue)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        if (engine := engine_of(self._app)) is not None:
            engine.stop_soon()
        self._aside.stop_soon()
        self._patience.lose()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Ignore a second signal: a supervisor that cannot wait sends SIGKILL."""

    def set_shutdown_requested_date(self) -> None:
        """Do nothing. RQ writes to Redis here, inside the signal handler.

        Without Redis that would raise inside the running job.
        """

    def teardown(self) -> None:
        """Let long jobs end. Deregister, unless Redis is away or hangs."""
        self._aside.stop()
        self._patience.lose()
        with suppress(RedisError):
            queue.fast_redis(self._url).ping()
            super().teardown()  # type: ignore[no-untyped-call]

    def procline(self, _message: str) -> None:
        """The process keeps the name by which operators know its part."""

    def run_maintenance_tasks(self) -> None:
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        if not self.connection.exists(self.key):
            self.register_birth()  # type: ignore[no-untyped-call]


def run_worker(app: Flask, queue_name: str) -> None:
    """Work until SIGTERM or SIGINT, then finish and record what is in flight."""
    settings = parts_of(app).settings
    with app.app_context():
        wait_until_told(db.engine)
    worker = HooklineWorker(app, queue_name)
    try:
        if queue_name == queue.DELIVERIES:
            tracing.start("worker")
            with app.app_context():
                resident(app)
        log.info("worker started", queue=queue_name)
        worker.work(logging_level="DEBUG" if settings.log_level == "DEBUG" else "WARNING")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if (engine := engine_of(app)) is not None:
            engine.stop()
        tracing.stop()
