"""Long jobs run in threads of their worker, so that the others of its queue do not wait for them.

Some steps cannot be shorter, such as dropping a partition. What a kill leaves of one is undone or
complete, since each is a transaction.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Semaphore, Thread
from time import monotonic

import structlog
from flask import Flask

from webhooks_app.jobs.slices import LONGEST, POLITE
from webhooks_app.lib.errors import reason_of

AT_ONCE = 2
LOOK = 0.05  # seconds
TO_END = 15.0  # seconds at a stop; a worker has at least 25
HUNG = 3600.0  # seconds

log = structlog.get_logger(__name__)


class StillRunning(Exception):
    """The last run of this job has not ended for an hour."""


class Run:
    """A job in its thread; `ended` gets its error."""

    def __init__(self) -> None:
        self.ended: Future[None] = Future()
        self.began = monotonic()


class Aside:
    """The long jobs of one worker. Those with the same key never run at once."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._room = Semaphore(AT_ONCE)
        self._running: dict[Hashable, Run] = {}
        self._is_stopping = False

    def run(
        self, key: Hashable, job: Callable[[], object], others_wait: Callable[[], bool]
    ) -> None:
        """Run it beside the others. Returns when it has ended, or earlier if others wait.

        Does nothing while the last one runs. Raises its error, unless it comes later: then it is
        logged only.
        """
        before = self._running.get(key)
        if before is not None and not self._has_ended(before, others_wait):
            if monotonic() - before.began > HUNG:
                raise StillRunning
            return
        run = self._running[key] = Run()
        Thread(target=copy_context().run, args=(self._run, key, run, job), daemon=True).start()
        if self._has_ended(run, others_wait):
            run.ended.result()

    def stop_soon(self) -> None:
        """Begin no more, and wait for none."""
        self._is_stopping = True

    def stop(self) -> None:
        """Let those that run end, for a while."""
        self.stop_soon()
        if wait([run.ended for run in list(self._running.values())], TO_END).not_done:
            log.warning("long jobs left unfinished")

    def _has_ended(self, run: Run, others_wait: Callable[[], bool]) -> bool:
        began = monotonic()
        while not run.ended.done():
            took = monotonic() - began
            if self._is_stopping or took > LONGEST or (took > POLITE and others_wait()):
                return False
            wait([run.ended], LOOK)
        return True

    def _run(self, key: Hashable, run: Run, job: Callable[[], object]) -> None:
        failed: Exception | None = None
        try:
            with self._room, self._app.app_context():
                if not self._is_stopping:
                    job()
        except Exception as error:
            log.error("long job failed", reason=reason_of(error))
            failed = error
        del self._running[key]
        run.ended.set_exception(failed) if failed else run.ended.set_result(None)
