"""One idempotency key, many producers at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from tests.journeys.journey import Answered, Journey
from tests.support.receiver import Receiver
from webhooks_app.models import Event

KEYS, REPEATS = 12, 16


@pytest.mark.parametrize("either_database", ["sqlite", "postgresql"], indirect=True)
def test_producers_that_share_a_key_make_one_event(
    either_journey: Journey, receiver: Receiver
) -> None:
    journey = either_journey
    journey.add_webhook(receiver)
    journey.start_worker()
    journey.start_beat()

    def other(number: int) -> Answered:
        return journey.post("other", name=f"Ada {number}")

    with ThreadPoolExecutor(REPEATS) as producers:
        for key in [f"order-{number}" for number in range(KEYS)]:
            answers = list(producers.map(lambda _, key=key: journey.post(key), range(REPEATS)))
            assert {answer.status for answer in answers} == {202}
            assert len({answer.event_id for answer in answers}) == 1
        answers = list(producers.map(other, range(REPEATS)))
        assert sorted(answer.status for answer in answers) == [202, *[422] * (REPEATS - 1)]
    journey.settled()

    assert journey.rows(select(func.count()).select_from(Event)) == [(KEYS + 1,)]
    assert len(receiver.received) == KEYS + 1
    assert journey.verify(receiver) == 0
