"""A rolling upgrade with a migration, and reloads of the web server, while events come in."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from redis import Redis

from tests.drills.installed import Installed, before_migration, newest_migration
from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, Posting
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, wait_until
from webhooks_app import queue
from webhooks_app.lib.folders import PACKAGE
from webhooks_app.operations.checks import workers_seen

EVERY = 0.02
CALM = 3.0


@pytest.mark.parametrize("migration", [newest_migration(), "queue", "slices"])
def test_an_upgrade_with_a_migration_loses_nothing_and_answers_no_error(
    journey: Journey, receiver: Receiver, measured: Measured, tmp_path: Path, migration: str
) -> None:
    """From the version before it. `queue` took open deliveries out of the log, and `slices` came
    before the partitions."""
    old = tmp_path / "old"
    revision = before_migration(migration, old)
    installed = Installed(tmp_path, old)
    journey.add_webhook(receiver)
    journey.web.terminate()
    journey.web.wait(PATIENCE)
    downgrade(revision=revision)
    journey.environ["PYTHONPATH"] = str(installed.path)
    web = journey.start_web(installed.path)
    journey.environ["PYTHONPATH"] = str(old)
    parts = [journey.start_worker(), journey.start_worker(), journey.start_beat()]
    redis = Redis.from_url(journey.redis.url)
    wait_until(lambda: workers_seen(redis, queue.DELIVERIES) == 2, PATIENCE)
    wait_until(lambda: journey.beat_owner() is not None, PATIENCE)
    began = time.monotonic()
    with Posting(journey, EVERY) as posting, Posting(journey, EVERY) as more:
        time.sleep(CALM)
        upgrade()
        time.sleep(CALM)
        journey.environ["PYTHONPATH"] = str(PACKAGE.parent)
        for part in list(parts):
            newer = journey.start_beat() if part is parts[-1] else journey.start_worker()
            time.sleep(CALM)
            part.terminate()
            part.wait(PATIENCE)
            parts.append(newer)
        installed.replace(PACKAGE.parent)
        reload(web)
        time.sleep(CALM)
    took = time.monotonic() - began
    journey.settled()

    assert posting.errors + more.errors == []
    assert posting.statuses | more.statuses == {202}
    repeated = journey.verify(receiver)
    assert repeated == 0
    slowest = max(posting.slowest, more.slowest)
    measured(
        f"from {revision}: {len(journey.accepted)} events in {took:.0f} s of upgrade: 0 lost, "
        f"{repeated} repeated, 0 answers but 202, slowest {slowest:.2f} s"
    )


def test_the_web_server_reloads_without_a_failed_request(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    journey.add_webhook(receiver)
    journey.start_worker()
    journey.start_beat()
    reloads = 2
    with Posting(journey, EVERY) as posting, Posting(journey, EVERY) as more:
        for _ in range(reloads):
            time.sleep(CALM)
            reload(journey.web)
    journey.settled()

    assert posting.errors + more.errors == []
    assert posting.statuses | more.statuses == {202}
    assert journey.verify(receiver) == 0
    requests = len(posting.answers) + len(more.answers)
    measured(
        f"{reloads} reloads during {requests} requests: 0 failed, slowest "
        f"{max(posting.slowest, more.slowest):.2f} s"
    )


def reload(web: "subprocess.Popen[bytes]") -> None:
    """SIGHUP, and wait until other processes serve."""
    before = children(web)
    web.send_signal(signal.SIGHUP)
    wait_until(lambda: bool(children(web)) and not children(web) & before, 60)


def children(web: "subprocess.Popen[bytes]") -> set[int]:
    """Granian's workers, not its tracker of resources."""
    found = set()
    for task in Path(f"/proc/{web.pid}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(int(pid))
    return found
