"""Workers that are killed, told to stop, or work side by side."""

import time

import pytest

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, answer_after, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, wait_until

BOTH = pytest.mark.parametrize("either_database", ["sqlite", "postgresql"], indirect=True)
KILLS = 4


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
