"""What becomes due by itself: retries, and work whose beat was killed."""

import time

from sqlalchemy import select

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, arrivals
from tests.support.receiver import Answer, Received, Receiver
from tests.support.servers import wait_until
from webhooks_app.models import Delivery

HOUR = {"delays": [3600]}


def fail_the_first(receiver: Receiver) -> None:
    """500 for the first try of each delivery, then 200."""

    def answer(request: Received) -> Answer:
        tries = receiver.delivery_ids.count(request.delivery_id)
        return Answer(status=500 if tries == 1 else 200)

    receiver.answer = answer


def test_another_beat_sends_what_is_due_once_the_active_one_is_killed(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    fail_the_first(receiver)
    journey.add_webhook(receiver, retry_policy=HOUR)
    active = journey.start_beat()
    wait_until(lambda: journey.beat_owner() is not None, 20)
    first = journey.beat_owner()
    journey.start_beat()
    journey.start_worker()
    journey.post()
    wait_until(lambda: [*journey.rows(select(Delivery.status))] == [("retrying",)], 20)

    again = arrivals(receiver, 1)
    active.kill()
    active.wait()
    killed = time.monotonic()
    journey.make_all_due()

    wait_until(again, 20)
    took = time.monotonic() - killed
    wait_until(lambda: journey.beat_owner() not in (None, first))  # an engine also looks by itself
    journey.settled()
    journey.verify(receiver)
    measured(f"sent {took:.1f} s after the kill")


def test_a_retry_starts_by_itself_once_it_is_due(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    fail_the_first(receiver)
    journey.add_webhook(receiver, retry_policy={"delays": [5]})
    journey.start_worker()
    journey.start_beat()
    wait_until(lambda: journey.beat_owner() is not None, 20)

    due: dict[str, float] = {}
    for _ in range(5):
        event_id = journey.post().event_id
        retrying = select(Delivery.id, Delivery.due_at).where(
            Delivery.event_id == event_id, Delivery.status == "retrying"
        )
        wait_until(lambda query=retrying: bool(journey.rows(query)), 20, every=0.02)
        due |= {id_: due_at.timestamp() for id_, due_at in journey.rows(retrying)}
        time.sleep(0.3)
    journey.settled()

    journey.verify(receiver)
    second = {request.delivery_id: request.at for request in receiver.received}
    lags = [second[id_] - due_at for id_, due_at in due.items()]
    assert min(lags) >= 0
    measured(f"retries started {min(lags):.2f}-{max(lags):.2f} s after they were due")
