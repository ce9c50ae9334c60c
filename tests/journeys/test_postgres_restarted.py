"""PostgreSQL goes away and comes back, with requests in flight."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.journeys.conftest import Measured, travelled
from tests.journeys.journey import Journey, Posting, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import PostgresServer, RedisServer, create_database, wait_until


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A separate server, since other tests need theirs running."""
    with TemporaryDirectory(prefix="hookline-") as folder:
        server = PostgresServer(Path(folder))
        server.create()
        yield server
        server.stop("immediate")


@pytest.fixture
def journey(server: PostgresServer, own_redis: RedisServer, tmp_path: Path) -> Iterator[Journey]:
    url = create_database(server.url, "hookline")
    yield from travelled(Journey(tmp_path, url, own_redis, lease=20.0))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_all_that_was_accepted_arrives_although_postgresql_is_restarted(
    journey: Journey,
    server: PostgresServer,
    slow_receiver: Receiver,
    measured: Measured,
    mode: str,
) -> None:
    journey.add_webhook(slow_receiver)
    processes = [journey.start_worker(), journey.start_beat()]
    journey.post_many(300)
    with Posting(journey, every=0.05) as posting:
        for _ in range(2):
            wait_until(arrivals(slow_receiver, 50), 30, every=0.01)
            server.stop(mode)
            server.start()
        wait_until(journey.database_answers, 20)
        wait_until(lambda: posting.answers[-1].status == 202, 20)
    journey.settled()

    refused = sum(answer.status != 202 for answer in posting.answers)
    assert posting.statuses <= {202, 503}
    assert journey.verify(slow_receiver, claims_in_doubt=True) == 0
    assert all(process.poll() is None for process in processes)
    measured(f"{refused} of {len(posting.answers)} POSTs refused, all others arrived")
