"""Someone who can write to Redis can make a worker run only our jobs."""

from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq import Callback
from rq.job import Job, JobStatus

from webhooks_app import queue
from webhooks_app.jobs.worker import HooklineWorker
from webhooks_app.parts import parts_of


@pytest.fixture
def connection(app: Flask) -> Redis:
    return queue.fast_redis(parts_of(app).settings.redis_socket_url)


def ran(app: Flask, job: Job) -> JobStatus:
    HooklineWorker(app, job.origin).work(burst=True)
    return job.get_status()


@pytest.mark.parametrize("name", [queue.BACKGROUND, queue.DELIVERIES])
def test_a_function_that_is_no_job_of_ours_is_refused_and_logged(
    app: Flask, connection: Redis, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = tmp_path / "made"
    job = queue.queue_named(name, connection).enqueue("os.mkdir", str(made))

    assert ran(app, job) == JobStatus.FAILED

    assert not made.exists()
    assert "job refused" in caplog.text
    assert "os.mkdir" in caplog.text


@pytest.mark.parametrize(
    "function", ["webhooks_app.jobs.upkeep.db", "webhooks_app.commands.app", "os.system"]
)
def test_near_a_job_of_ours_is_not_enough(app: Flask, connection: Redis, function: str) -> None:
    job = queue.queue_named(queue.BACKGROUND, connection).enqueue(function, "true")
    assert ran(app, job) == JobStatus.FAILED


def test_a_callback_is_never_run(
    app: Flask, connection: Redis, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither after one of our jobs nor after a refused one."""
    callback = Callback("builtins.print")
    background = queue.queue_named(queue.BACKGROUND, connection)
    ours = background.enqueue(queue.SEND_MAIL, on_success=callback, on_failure=callback)
    other = background.enqueue("os.getcwd", on_success=callback, on_failure=callback)

    assert ran(app, ours) == JobStatus.FINISHED
    assert other.get_status() == JobStatus.FAILED
    assert "Job" not in capfd.readouterr().out
