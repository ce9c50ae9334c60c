"""Two hosts, one cut off without a word: in a network namespace, where packets just vanish."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from tests.drills.conftest import travelled
from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, answer_after, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import PostgresServer, RedisServer, create_database, wait_until
from webhooks_app.launch import children

HERE, THERE, SPACE = "10.77.0.1", "10.77.0.2", "hookline-b"
INSIDE = ["ip", "netns", "exec", SPACE]
CUT = 45.0
COUNT = 1500
HELD = 5
RELEASED, SETTLED = 30.0, 35.0  # seconds
# Once the file is there, it locks rows of deliveries that wait, and does nothing more.
LOCKER = f"""
import sys, time
from pathlib import Path
from sqlalchemy import text
from webhooks_app import create_app
from webhooks_app.extensions import db

rows = "SELECT 1 FROM queue WHERE leased_until IS NULL LIMIT {HELD} FOR UPDATE SKIP LOCKED"
with create_app(doors=False, commands=False).app_context():
    db.session.connection()
    while not Path(sys.argv[1]).exists():
        db.session.rollback()
        time.sleep(0.05)
    print("locked", len(db.session.execute(text(rows)).all()), flush=True)
    time.sleep(600)
"""
LOCKS = text(
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    f" WHERE client_addr = '{THERE}' AND mode = 'RowShareLock' AND granted"
)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def other_host() -> Iterator[None]:
    """A namespace that reaches this one at `HERE`. Needs the right to make it."""
    ip("netns", "add", SPACE)
    try:
        ip(
            "link",
            "add",
            "hookline-a",
            "type",
            "veth",
            "peer",
            "name",
            "hookline-b",
            "netns",
            SPACE,
        )
        ip("addr", "add", f"{HERE}/24", "dev", "hookline-a")
        ip("link", "set", "hookline-a", "up")
        ip("-n", SPACE, "addr", "add", f"{THERE}/24", "dev", "hookline-b")
        ip("-n", SPACE, "link", "set", "hookline-b", "up")
        ip("-n", SPACE, "link", "set", "lo", "up")
        yield
    finally:
        ip("netns", "del", SPACE)


@pytest.fixture
def journey_over_the_network(
    other_host: None, own_redis: RedisServer, tmp_path: Path
) -> Iterator[Journey]:
    with TemporaryDirectory(prefix="hookline-") as name:
        server = PostgresServer(Path(name), ["listen_addresses=*"])
        server.create()
        hba = Path(name) / "data" / "pg_hba.conf"
        hba.write_text(hba.read_text() + "host all all 10.77.0.0/24 trust\n")
        server.stop()
        server.start()
        try:
            url = create_database(server.url, "hosts")
            journey = Journey(tmp_path, url, own_redis)
            journey.environ["ALLOWED_NETWORKS"] = "127.0.0.0/8,10.77.0.0/24"
            yield from travelled(journey)
        finally:
            server.stop("immediate")


def test_a_host_that_is_cut_off_loses_nothing(
    journey_over_the_network: Journey, measured: Measured, tmp_path: Path
) -> None:
    journey = journey_over_the_network
    with Receiver(answer_after(0.2), host="0.0.0.0") as receiver:
        journey.add_webhook(receiver, url=f"http://{HERE}:{receiver.port}/hook")
        here = journey.start_worker()
        there = journey.start_elsewhere(INSIDE, HERE, children.worker("deliveries"))
        go = tmp_path / "go"
        journey.start_elsewhere(INSIDE, HERE, [sys.executable, "-c", LOCKER, str(go)])
        journey.start_beat()
        journey.post_many(COUNT)
        wait_until(arrivals(receiver, 300), 60, every=0.01)
        go.touch()
        wait_until(lambda: f"locked {HELD}" in journey.logs(), every=0.01)
        assert locks(journey) > 0
        ip("link", "set", "hookline-a", "down")
        cut_at = time.monotonic()
        time.sleep(0.1)
        journey.cut_off |= journey.sending()
        wait_until(lambda: locks(journey) == 0, every=0.1)
        released = time.monotonic() - cut_at
        assert released < RELEASED
        journey.settled(120)
        settled = time.monotonic() - cut_at
        assert settled < SETTLED
        time.sleep(max(0.0, CUT - settled))
        ip("link", "set", "hookline-a", "up")
        journey.post_many(200)
        journey.settled()
        time.sleep(10)  # what it kept comes late, and changes nothing

        repeated = journey.verify(receiver, claims_in_doubt=True)
        assert here.poll() is None
        assert there.poll() is None
        measured(
            f"one of two hosts cut off for {max(CUT, settled):.0f} s: 0 lost, {repeated} repeated "
            f"of {len(journey.cut_off)} in flight; its locks were gone {released:.1f} s after "
            f"the cut, and all had been sent after {settled:.1f} s"
        )


def locks(journey: Journey) -> int:
    [(number,)] = journey.rows(LOCKS)
    return int(number)
