"""A long job delays no other of its queue, such as mails and digests."""

import os
import signal
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from flask import Flask
from redis import Redis
from rq.job import JobStatus

from tests.support.servers import RedisServer
from webhooks_app import queue
from webhooks_app.extensions import db
from webhooks_app.jobs import aside, mail, upkeep
from webhooks_app.jobs.our_job import LONG
from webhooks_app.jobs.worker import HooklineWorker
from webhooks_app.operations.schedule import PERIODIC

JOB = "webhooks_app.jobs.upkeep.delete_expired"
TOO_LONG = 20.0


@pytest.fixture
def background(
    app: Flask, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> queue.Queue:
    monkeypatch.setattr(aside, "POLITE", 0.1)
    found = queue.queue_named(queue.BACKGROUND, Redis.from_url(redis_server.url))
    found.empty()
    return found


class Step:
    """Stands for the job, and ends when a test lets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.may_end = Event(), Event()
        self.runs = self.at_once = 0
        self.ended: list[bool] = []
        monkeypatch.setattr(upkeep, "delete_expired", self)

    def __call__(self) -> None:
        self.runs += 1
        self.at_once += 1
        assert self.at_once == 1
        self.begun.set()
        self.ended.append(self.may_end.wait(TOO_LONG))
        self.at_once -= 1


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    return Step(monkeypatch)


def test_a_long_step_delays_no_mail(
    app: Flask, background: queue.Queue, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would end only after the mail, which must not wait for it."""
    monkeypatch.setattr(mail, "send_pending", step.may_end.set)
    background.enqueue(JOB)
    background.enqueue(queue.SEND_MAIL)
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert step.ended == [True]


def test_it_never_runs_twice_at_once(
    app: Flask, background: queue.Queue, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "send_pending", step.may_end.set)
    jobs = [background.enqueue(JOB) for _ in range(3)]
    background.enqueue(queue.SEND_MAIL)
    jobs.append(background.enqueue(JOB))
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert step.runs == 2
    assert {job.get_status() for job in jobs} == {JobStatus.FINISHED}


def test_one_that_begins_after_its_worker_went_on_leaves_nothing_in_redis(
    app: Flask, background: queue.Queue, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = HooklineWorker(app, queue.BACKGROUND)

    def makes_room() -> None:
        worker._aside._room.release()
        step.may_end.set()

    monkeypatch.setattr(mail, "send_pending", makes_room)
    for _ in range(aside.AT_ONCE):
        worker._aside._room.acquire()
    job = background.enqueue(JOB, result_ttl=60)
    background.enqueue(queue.SEND_MAIL)
    worker.work(burst=True)
    assert step.ended == [True]
    assert background.connection.ttl(job.key) > 0


def test_one_that_hangs_is_told(
    app: Flask, background: queue.Queue, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "HUNG", 0)
    monkeypatch.setattr(mail, "send_pending", step.may_end.set)
    jobs = [background.enqueue(one) for one in (JOB, JOB, queue.SEND_MAIL)]
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert jobs[1].get_status() == JobStatus.FAILED


def test_it_has_a_session_of_its_own(
    app: Flask, background: queue.Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [db.session()]
    monkeypatch.setattr(upkeep, "delete_expired", lambda: sessions.append(db.session()))
    job = background.enqueue(JOB)
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert job.get_status() == JobStatus.FINISHED
    assert sessions[0] is not sessions[1]


def test_its_error_is_that_of_the_job(
    app: Flask, background: queue.Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ValueError

    monkeypatch.setattr(upkeep, "delete_expired", fails)
    job = background.enqueue(JOB)
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert job.get_status() == JobStatus.FAILED


@pytest.fixture
def own_handlers() -> Iterator[None]:
    """A worker takes these signals, and keeps them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize("ends", [True, False])
def test_a_stop_lets_it_end_but_not_for_ever(
    app: Flask, background: queue.Queue, step: Step, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    monkeypatch.setattr(aside, "POLITE", TOO_LONG)
    monkeypatch.setattr(aside, "LONGEST", TOO_LONG)
    monkeypatch.setattr(aside, "TO_END", TOO_LONG if ends else 0.1)
    background.enqueue(JOB)
    background.enqueue(JOB)
    worker = HooklineWorker(app, queue.BACKGROUND)

    def stop() -> None:
        step.begun.wait(TOO_LONG)
        os.kill(os.getpid(), signal.SIGTERM)
        if ends:
            step.may_end.set()

    Thread(target=stop, daemon=True).start()
    worker.work(burst=True)
    assert step.ended == ([True] if ends else [])
    assert step.runs == 1
    step.may_end.set()


def test_whatever_deletes_much_is_long() -> None:
    names = [one.job for one in PERIODIC if "delete" in one.job or "partitions" in one.job]
    assert set(names) < LONG
