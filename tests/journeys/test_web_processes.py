"""Several web processes serve as one."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.journeys.conftest import travelled
from tests.journeys.journey import Answered, Journey
from tests.support.receiver import Receiver
from tests.support.servers import RedisServer, wait_until


@pytest.fixture
def journey(either_database: str, own_redis: RedisServer, tmp_path: Path) -> Iterator[Journey]:
    yield from travelled(Journey(tmp_path, either_database, own_redis, web_processes=2))


@pytest.mark.parametrize("either_database", ["sqlite", "postgresql"], indirect=True)
def test_two_accept_each_event_once_and_one_that_is_killed_is_replaced(
    journey: Journey, receiver: Receiver
) -> None:
    journey.add_webhook(receiver)
    main = journey.web
    wait_until(lambda: len(serving(main.pid)) == 2)
    with ThreadPoolExecutor(16) as pool:  # each thread has its own connection
        answers = list(pool.map(lambda n: journey.post(f"key-{n % 40}"), range(200)))
    assert {one.status for one in answers} == {202}
    assert len({one.event_id for one in answers}) == 40

    first, other = serving(main.pid)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: posted(journey) is not None)
    wait_until(lambda: len(serving(main.pid)) == 2 and first not in serving(main.pid))
    assert other in serving(main.pid)
    assert posted(journey) is not None

    journey.start_worker()
    journey.start_beat()
    journey.settled()
    assert journey.verify(receiver) == 0


def serving(main: int) -> list[int]:
    """The processes that granian has started."""
    return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]


def posted(journey: Journey) -> Answered | None:
    """None if the request reached the killed process."""
    try:
        answered = journey.post()
    except requests.ConnectionError:
        return None
    return answered if answered.status == 202 else None
