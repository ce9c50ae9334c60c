"""The disk of PostgreSQL is full for a while: nothing that was accepted is lost."""

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.drills.conftest import travelled
from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, Posting, answer_after, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import PostgresServer, RedisServer, create_database, wait_until

SIZE = "320m"
FULL = 20.0


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder on a file system of its own. Needs the right to mount."""
    with TemporaryDirectory(prefix="hookline-disk-") as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", name], check=True)
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


@pytest.fixture
def journey_on_a_small_disk(
    small_disk: Path, own_redis: RedisServer, tmp_path: Path
) -> Iterator[Journey]:
    server = PostgresServer(small_disk, ["max_wal_size=64MB", "min_wal_size=32MB"])
    server.create()
    try:
        url = create_database(server.url, "small")
        yield from travelled(Journey(tmp_path, url, own_redis))
    finally:
        server.stop("immediate")


def test_nothing_accepted_is_lost_while_the_disk_is_full(
    journey_on_a_small_disk: Journey, small_disk: Path, receiver: Receiver, measured: Measured
) -> None:
    journey = journey_on_a_small_disk
    receiver.answer = answer_after(0.05)
    journey.add_webhook(receiver)
    workers = [journey.start_worker(), journey.start_beat()]
    ballast = small_disk / "ballast"
    with Posting(journey, every=0.02) as posting:
        wait_until(arrivals(receiver, 50), 60)
        fill(ballast)
        filled = time.monotonic()
        time.sleep(FULL)
        ballast.unlink()
        back = time.monotonic()
        wait_until(journey.database_answers, 60)
        wait_until(arrivals(receiver, 50), 120)
        went_on = time.monotonic() - back
    journey.cut_off |= journey.sending()
    journey.settled(120)

    answers = Counter(one.status for one in posting.answers)
    assert set(answers) <= {202, 503}
    repeated = journey.verify(receiver, claims_in_doubt=True)
    assert all(worker.poll() is None for worker in workers)
    measured(
        f"full for {back - filled:.0f} s: answers {dict(answers)}, 0 accepted lost, {repeated} "
        f"repeated; deliveries went on {went_on:.1f} s after there was room"
    )


def fill(ballast: Path) -> None:
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(bytes(1 << 20))
        except OSError:
            pass  # full: that is the point
