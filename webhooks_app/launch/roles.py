"""The parts of a worker group, and all that they import."""

from collections.abc import Callable
from functools import partial
from importlib import import_module

from flask import Flask
from sqlalchemy.dialects.postgresql import psycopg  # noqa: F401  found by name otherwise
from sqlalchemy.orm import configure_mappers

from webhooks_app import queue
from webhooks_app.config import Settings
from webhooks_app.jobs.beat import run_beat
from webhooks_app.jobs.our_job import OUR_JOBS
from webhooks_app.jobs.worker import run_worker
from webhooks_app.launch.apps import app_for

ROLES: dict[str, Callable[[Flask], None]] = {
    "deliveries": partial(run_worker, queue_name=queue.DELIVERIES),
    "background": partial(run_worker, queue_name=queue.BACKGROUND),
    "beat": run_beat,
}


def load_all() -> None:
    """Import now what would otherwise be imported later, in each of the processes."""
    for job in OUR_JOBS:
        import_module(job.rpartition(".")[0])
    configure_mappers()


def play(role: str, settings: Settings) -> None:
    """Run one part in this process until a signal stops it. Raises `CannotStart`."""
    ROLES[role](app_for(settings, role))
