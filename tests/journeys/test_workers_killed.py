"""Workers that are killed, asked to stop, or work side by side."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.journeys.conftest import Measured, travelled
from tests.journeys.journey import Journey, answer_after, arrivals
from tests.support.receiver import Receiver, once
from tests.support.servers import PATIENCE, RedisServer, wait_until
from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Delivery, SubscriptionHealth

BOTH = pytest.mark.parametrize("either_database", ["sqlite", "postgresql"], indirect=True)
KILLS = 4
LONG_LEASE = 600.0


@pytest.fixture
def patient_journey(
    either_database: str, own_redis: RedisServer, tmp_path: Path
) -> Iterator[Journey]:
    """Its leases run longer than anybody waits, so that only a death lets others continue."""
    yield from travelled(
        Journey(tmp_path, either_database, own_redis, lease=LONG_LEASE, timeout=LONG_LEASE - 2)
    )


@BOTH
def test_all_arrives_although_workers_are_killed_in_mid_drain(
    either_journey: Journey, slow_receiver: Receiver, measured: Measured
) -> None:
    journey, receiver = either_journey, slow_receiver
    journey.add_webhook(receiver)
    journey.add_webhook(receiver)
    journey.start_beat()
    journey.post_many(400)

    for _ in range(KILLS):
        worker = journey.start_worker()
        wait_until(arrivals(receiver, 60), 30, every=0.01)
        assert journey.kill(worker) > 0
    journey.start_worker()
    journey.settled()

    duplicates = journey.verify(receiver)
    measured(f"{duplicates} duplicates of {len(journey.cut_off)} in flight at {KILLS} kills")


def test_all_arrives_although_one_of_two_workers_is_killed_again_and_again(
    journey: Journey, slow_receiver: Receiver, measured: Measured
) -> None:
    journey.add_webhook(slow_receiver)
    journey.start_beat()
    workers = [journey.start_worker(), journey.start_worker()]
    journey.post_many(1500)

    for kill in range(KILLS):
        wait_until(arrivals(slow_receiver, 80), 30, every=0.01)
        journey.kill(workers[kill % 2])
        workers[kill % 2] = journey.start_worker()
    journey.settled()

    duplicates = journey.verify(slow_receiver)
    measured(f"{duplicates} duplicates of {len(journey.cut_off)} in flight at {KILLS} kills")


def test_sigterm_finishes_what_is_in_flight_and_sends_none_twice(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    receiver.answer = answer_after(1.0)
    journey.add_webhook(receiver)
    journey.add_webhook(receiver)
    journey.start_beat()
    worker = journey.start_worker()
    journey.post_many(60)
    wait_until(arrivals(receiver, 20), 20, every=0.01)

    worker.terminate()
    asked = time.monotonic()
    time.sleep(0.1)
    worker.terminate()

    assert worker.wait(PATIENCE) == 0
    took = time.monotonic() - asked
    assert not journey.sending()
    assert len(receiver.received) < 120
    receiver.answer = answer_after(0.0)
    journey.start_worker()
    journey.settled()
    assert journey.verify(receiver) == 0
    measured(f"exit {took:.1f} s after SIGTERM, with answers that take 1 s")


@BOTH
def test_two_workers_and_two_beats_send_each_delivery_once(
    either_journey: Journey, receiver: Receiver
) -> None:
    journey = either_journey
    for _ in range(3):
        journey.add_webhook(receiver)
    for _ in range(2):
        journey.start_worker()
        journey.start_beat()
    for _ in range(5):
        journey.post_many(50)
        journey.post()
    journey.settled()

    assert journey.verify(receiver) == 0
    assert len(receiver.received) == 3 * 255


@BOTH
def test_what_a_killed_worker_held_goes_on_long_before_its_lease_runs_out(
    patient_journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    journey = patient_journey
    receiver.answer = answer_after(LONG_LEASE)
    journey.add_webhook(receiver)
    journey.start_beat()
    worker = journey.start_worker()
    window_is_full = arrivals(receiver, ConcurrencyWindow.INITIAL)
    journey.post_many(32)
    wait_until(window_is_full, 30, every=0.01)
    receiver.answer = answer_after(0.0)
    journey.start_worker()
    waiting = select(Delivery.id).where(Delivery.status == "pending")
    wait_until(lambda: not journey.rows(waiting), 60, every=0.1)

    killed_at = utcnow()
    assert journey.kill(worker) > 0
    journey.settled(LONG_LEASE / 2)

    journey.verify(receiver)
    lost = journey.rows(select(Attempt.started_at).where(Attempt.outcome == "lost"))
    assert lost
    went_on = max(at for (at,) in lost) - killed_at
    assert went_on < timedelta(seconds=LONG_LEASE / 2)
    measured(f"{len(lost)} went on {went_on.total_seconds():.1f} s after the kill")


@BOTH
def test_what_the_only_worker_held_goes_on_although_its_replacement_is_new(
    patient_journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    journey = patient_journey
    receiver.answer = answer_after(LONG_LEASE)
    journey.add_webhook(receiver)
    journey.start_beat()
    worker = journey.start_worker()
    window_is_full = arrivals(receiver, ConcurrencyWindow.INITIAL)
    journey.post_many(32)
    wait_until(window_is_full, 30, every=0.01)
    receiver.answer = answer_after(0.0)
    time.sleep(8)  # the beat is in touch for longer than an engine counts as alive

    killed_at = utcnow()
    assert journey.kill(worker) > 0
    journey.start_worker()
    journey.settled()

    journey.verify(receiver)
    lost = journey.rows(select(Attempt.started_at).where(Attempt.outcome == "lost"))
    went_on = max(at for (at,) in lost) - killed_at
    measured(f"{len(lost)} went on {went_on.total_seconds():.1f} s after the kill")


@BOTH
def test_a_worker_that_was_stopped_loses_what_it_held_and_counts_nothing_twice(
    patient_journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    journey = patient_journey
    told = threading.Event()
    receiver.answer = once(told)
    journey.add_webhook(receiver)
    journey.start_beat()
    stopped = journey.start_worker()
    window_is_full = arrivals(receiver, ConcurrencyWindow.INITIAL)
    journey.post_many(16)
    wait_until(window_is_full)

    journey.stop(stopped)
    journey.cut_off |= journey.sending()
    held = len(journey.cut_off)
    assert held == ConcurrencyWindow.INITIAL
    told.set()
    receiver.answer = answer_after(0.0)
    journey.start_worker()
    journey.settled(LONG_LEASE / 2)
    os.kill(stopped.pid, signal.SIGCONT)
    late = select(Attempt).where(Attempt.outcome == "lost", Attempt.status_code == 200)
    wait_until(lambda: len(journey.rows(late)) == held, 30, every=0.1)

    assert journey.verify(receiver) == held
    [counted] = journey.rows(select(SubscriptionHealth.delivered))
    assert counted == journey.rows(select(func.count()).select_from(Delivery))[0]
    measured(f"{held} of a stopped worker were sent again, and counted once")
