"""What is paused outlives every worker, and leaves at the rate asked for."""

import time

from sqlalchemy import func, select

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import wait_until
from tests.support.windows import most_within
from webhooks_app.models import Delivery, Subscription

COUNT, RATE = 150, 30


def waiting(journey: Journey, webhook: str) -> int:
    of_it = select(func.count(Delivery.id)).where(
        Delivery.subscription_id == webhook, Delivery.status == "pending"
    )
    return int(journey.rows(of_it)[0][0])


def test_paused_deliveries_outlive_the_workers_and_drain_at_a_rate(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    with Receiver() as other:
        journey.add_webhook(receiver)
        journey.add_webhook(other)
        webhook = journey.rows(select(Subscription.id).where(Subscription.url == receiver.url))[0][
            0
        ]
        journey.start_beat()
        workers = [journey.start_worker(), journey.start_worker()]
        journey.ask(f"/webhooks/{webhook}/pause")
        journey.post_many(COUNT)
        wait_until(lambda: len(other.received) >= COUNT, 60, every=0.05)
        for worker in workers:
            journey.kill(worker)
        worker = journey.start_worker()
        journey.post_many(1)
        wait_until(lambda: len(other.received) > COUNT, 30, every=0.05)
        assert (waiting(journey, webhook), receiver.received) == (COUNT + 1, [])
        asked = time.monotonic()
        journey.ask(f"/webhooks/{webhook}/resume", {"rate": RATE})
        took = time.monotonic() - asked
        wait_until(arrivals(receiver, COUNT // 3), 60, every=0.05)
        journey.kill(worker)
        journey.start_worker()
        journey.settled(COUNT / RATE + 30)
        journey.verify(receiver, other)
    moments = [request.at for request in receiver.received]
    first = sorted(moments)[: COUNT // 3]
    assert most_within(2, first) <= RATE * 2 + RATE
    assert max(moments) - min(moments) >= COUNT / RATE - 1
    rate = len(first) / (first[-1] - first[0])
    measured(
        f"{COUNT} resumed in {took:.2f} s; {rate:.1f} a second before the kill at a rate of "
        f"{RATE}; all done after {max(moments) - min(moments):.1f} s"
    )
