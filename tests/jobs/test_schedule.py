"""The list of periodic jobs: everything that the job modules define runs in time."""

import importlib
import inspect
import pkgutil
from datetime import timedelta

from webhooks_app import jobs, queue
from webhooks_app.operations.schedule import PERIODIC

SECONDS = {
    "chat.end_idle": 15,
    "replays.resume_stalled": 30,
    "mail.mail_notices": 30,
    "mail.send_pending": 60,
    "digests.send_due": 60,
    "upkeep.sweep_failing": 60,
    "upkeep.cancel_left_over": 60,
}


def defined() -> set[str]:
    """Public functions of the job modules that need no argument."""
    modules = [importlib.import_module(f"{jobs.__name__}.{one.name}") for one in MODULES]
    return {
        f"{module.__name__}.{name}"
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if not inspect.signature(function).parameters
    }


MODULES = list(pkgutil.iter_modules(jobs.__path__))


def test_every_job_is_asked_for() -> None:
    """Except for the engine, which the beat treats separately."""
    assert {periodic.job for periodic in PERIODIC} == defined() - {queue.RUN_ENGINE}


def test_none_is_listed_twice() -> None:
    assert len({periodic.job for periodic in PERIODIC}) == len(PERIODIC)


def test_what_people_wait_for_is_asked_for_often_enough() -> None:
    every = {one.job.removeprefix("webhooks_app.jobs."): one.every for one in PERIODIC}
    assert {name: every[name] for name in SECONDS} == {
        name: timedelta(seconds=seconds) for name, seconds in SECONDS.items()
    }
    assert max(every.values()) <= timedelta(days=1)
