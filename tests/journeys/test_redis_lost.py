"""Redis holds nothing that SQL cannot rebuild."""

import signal
import time
from collections.abc import Callable

import pytest
from redis import Redis

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, Posting, answer_after, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import RedisServer, wait_until
from tests.support.sizes import DRILL
from webhooks_app.config import LEAST_GRACE

OUTAGE = 300.0 if DRILL else 20.0
FLUSHES = 40 if DRILL else 4


@pytest.mark.parametrize("either_database", ["sqlite", "postgresql"], indirect=True)
def test_all_arrives_although_redis_is_flushed_in_mid_drain(
    either_journey: Journey, slow_receiver: Receiver
) -> None:
    journey = either_journey
    journey.add_webhook(slow_receiver)
    workers = [journey.start_worker(), journey.start_beat()]
    wait_until(lambda: journey.beat_owner() is not None, 20)

    for _ in range(FLUSHES):
        journey.post_many(100)
        wait_until(arrivals(slow_receiver, 30), 20, every=0.01)
        journey.redis.empty()
    journey.settled()

    assert journey.verify(slow_receiver) == 0
    assert [worker.poll() for worker in workers] == [None] * 2


def test_a_nudge_that_a_flush_took_away_is_given_again(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    journey.add_webhook(receiver)
    worker = journey.start_worker()
    journey.start_beat()
    journey.post()
    journey.settled()
    worker.send_signal(signal.SIGSTOP)
    journey.post_many(50)
    journey.redis.empty()
    worker.send_signal(signal.SIGCONT)
    flushed = time.monotonic()
    journey.settled()

    assert journey.verify(receiver) == 0
    measured(f"all arrived {time.monotonic() - flushed:.1f} s after the flush")


FAULTS: dict[str, tuple[Callable[[RedisServer], object], Callable[[RedisServer], object]]] = {
    "stopped": (RedisServer.kill, RedisServer.start),
    "frozen": (RedisServer.freeze, RedisServer.thaw),
    "full": (RedisServer.fill, RedisServer.make_room),
    "replica": (RedisServer.make_replica, RedisServer.make_primary),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_deliveries_go_on_while_redis_is_away_or_takes_no_writes(
    journey: Journey, slow_receiver: Receiver, measured: Measured, fault: str
) -> None:
    """And no process ends, though nothing that RQ writes is kept."""
    receiver = slow_receiver
    leave, come_back = FAULTS[fault]
    journey.add_webhook(receiver)
    processes = [journey.start_worker() for _ in range(2)]
    processes += [journey.start_role("background"), journey.start_beat()]
    wait_until(lambda: journey.beat_owner() is not None, 20)
    with Posting(journey, every=0.02) as posting, Posting(journey, every=0.02) as more:
        wait_until(arrivals(receiver, 10), 20)
        leave(journey.redis)
        left = time.monotonic()
        posted = len(journey.accepted)
        wait_until(lambda: len(receiver.received) > posted, 60)
        meanwhile = time.monotonic() - left
        time.sleep(max(0.0, OUTAGE - meanwhile))
        arrived = len(receiver.received)
        come_back(journey.redis)
        back = time.monotonic()
        wait_until(arrivals(receiver, 5), 60)
    journey.settled()
    settled = time.monotonic() - back

    slowest = max(posting.slowest, more.slowest)
    assert posting.statuses | more.statuses == {202}
    assert slowest < OUTAGE / 2  # none waited for Redis to come back
    assert journey.verify(receiver) == 0
    assert [process.poll() for process in processes] == [None] * 4
    measured(
        f"slowest POST {slowest:.2f} s; the first that was posted without Redis had arrived after "
        f"{meanwhile:.1f} s, {arrived - posted} until it was back; the rest {settled:.1f} s later"
    )


@pytest.mark.parametrize("lost", FAULTS)
def test_workers_stop_in_order_while_redis_is_lost(
    journey: Journey, receiver: Receiver, measured: Measured, lost: str
) -> None:
    """In the middle of a job or between two, as it happens."""
    receiver.answer = answer_after(1.0)
    journey.add_webhook(receiver)
    workers = [journey.start_worker() for _ in range(4)]
    workers.append(journey.start_role("background"))
    redis = Redis.from_url(journey.redis.url)
    wait_until(lambda: redis.scard("rq:workers") == len(workers), 20)
    leave, come_back = FAULTS[lost]
    with Posting(journey, every=0.01), Posting(journey, every=0.01), Posting(journey, every=0.01):
        wait_until(arrivals(receiver, 100), 30, every=0.01)
        leave(journey.redis)
        time.sleep(1)
        asked = time.monotonic()
        for worker in workers:
            worker.terminate()
        endings = [worker.wait(LEAST_GRACE) for worker in workers]
        took = time.monotonic() - asked

    assert endings == [0] * len(workers)
    assert not journey.sending()
    come_back(journey.redis)
    receiver.answer = answer_after(0.0)
    journey.start_worker()
    journey.start_beat()
    journey.settled()
    assert journey.verify(receiver) == 0
    measured(f"the last of five exits {took:.1f} s after SIGTERM")
