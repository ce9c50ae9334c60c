"""Run the parts of a long periodic job for a short while, and ask for another turn."""

import time
from collections.abc import Callable, Iterable

import structlog
from rq import get_current_job

from webhooks_app import queue
from webhooks_app.database import choose
from webhooks_app.database.sqlite import BUSY_POLL
from webhooks_app.extensions import db
from webhooks_app.operations import periodic
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.operations.slices import Part, work

# In seconds. Mails and other jobs wait no longer than `POLITE` and one step.
LONGEST, POLITE = 15.0, 1.0

log = structlog.get_logger(__name__)


def run_slice(job: Callable[[], None], parts: Iterable[Part]) -> None:
    """One slice of that periodic job. If something is left, the beat starts another at once.

    The beat starts one at a time, so there is never more than one chain of slices.
    """
    name, began = f"{job.__module__}.{job.__name__}", time.monotonic()
    [every] = [one.every for one in PERIODIC if one.job == name]

    def is_over() -> bool:
        took = time.monotonic() - began
        return took > LONGEST or (took > POLITE and _others_wait())

    rest = choose(db.engine, postgresql=0.0, sqlite=BUSY_POLL)
    done = work(list(parts), periodic.begin_slice(db.engine, name), is_over, rest)
    periodic.end_slice(db.engine, name, every, done.next)
    log.info(
        "slice ended",
        changed=dict(done.rows),
        is_complete=done.next is None,
        seconds=round(time.monotonic() - began, 2),
        longest_step=round(done.longest, 2),
    )


def _others_wait() -> bool:
    """Whether other jobs wait for this worker."""
    job = get_current_job()
    return job is not None and queue.queue_named(job.origin, job.connection).count > 0
