"""Run the parts of a long periodic job for a short while, and ask for another turn."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog
from rq import get_current_job
from rq.job import Job

from webhooks_app import queue
from webhooks_app.database import choose
from webhooks_app.database.sqlite import BUSY_POLL
from webhooks_app.extensions import db
from webhooks_app.lib.errors import reason_of
from webhooks_app.operations import periodic
from webhooks_app.operations.schedule import PERIODIC, TURN
from webhooks_app.operations.slices import Part, work

# In seconds. Mails and other jobs wait no longer than `POLITE` and one step.
LONGEST, POLITE = 15.0, 1.0

log = structlog.get_logger(__name__)


def run_slice(job: Callable[[], None], parts: Iterable[Part]) -> None:
    """One slice of that periodic job. If something is left, the beat starts another at once.

    A job that waited until the beat took the next turn does nothing, so that there is never more
    than one chain of slices. Raises what failed in a part, after the position is kept.
    """
    name, began = f"{job.__module__}.{job.__name__}", time.monotonic()
    [every] = [one.every for one in PERIODIC if one.job == name]

    if _is_superseded(name):
        log.info("slice superseded")
        return

    def is_over() -> bool:
        took = time.monotonic() - began
        return took > LONGEST or (took > POLITE and others_wait(get_current_job()))

    rest = choose(db.engine, postgresql=0.0, sqlite=BUSY_POLL)
    done = work(list(parts), periodic.begin_slice(db.engine, name), is_over, rest)
    for error in done.errors:
        log.error("step failed", reason=reason_of(error), part=error.__notes__)
    periodic.end_slice(db.engine, name, every, done.next)
    log.info(
        "slice ended",
        changed=dict(done.rows),
        is_complete=done.next is None,
        seconds=round(time.monotonic() - began, 2),
        longest_step=round(done.longest, 2),
    )
    if done.errors:
        raise ExceptionGroup("Steps failed", done.errors)


def _is_superseded(name: str) -> bool:
    """Whether the beat took another turn while this job waited."""
    job = get_current_job()
    turn = job.meta.get(TURN) if job else None
    if not turn:
        return False
    return not periodic.is_latest_turn(db.engine, name, datetime.fromisoformat(turn))


def others_wait(job: Job | None) -> bool:
    """Whether other jobs wait for the worker of this one."""
    return job is not None and queue.queue_named(job.origin, job.connection).count > 0
