"""A rate limit over several worker processes, one of which is killed."""

import time

from sqlalchemy import select

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import wait_until
from tests.support.windows import most_within
from webhooks_app.models import Attempt

COUNT, LIMIT = 100, 10


def test_two_workers_keep_to_a_limit_and_lose_nothing_when_one_is_killed(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    with Receiver() as unlimited:
        journey.add_webhook(receiver, rate_limit=LIMIT)
        journey.add_webhook(unlimited)
        journey.start_beat()
        workers = [journey.start_worker(), journey.start_worker()]
        start = time.monotonic()
        journey.post_many(COUNT)
        wait_until(lambda: len(unlimited.received) >= COUNT, every=0.01)
        assert len(receiver.received) < COUNT
        wait_until(arrivals(receiver, LIMIT), 30, every=0.01)
        journey.kill(workers[0])
        journey.settled()
        seconds = time.monotonic() - start
        journey.verify(receiver, unlimited)
        sent = select(Attempt.started_at).where(
            Attempt.url == receiver.url, Attempt.outcome != "lost"
        )
        moments = [at.timestamp() for (at,) in journey.rows(sent)]
    for window in (1, 2, 3):
        assert most_within(window, moments) <= LIMIT * window + LIMIT
    rate = len(moments) / (max(moments) - min(moments))
    measured(f"{rate:.1f} a second at a limit of {LIMIT}, all done after {seconds:.1f} s")
