"""A worker that is there and does nothing: its supervisor starts another one."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tests.journeys.conftest import Measured
from tests.journeys.journey import Journey, Posting, answer_after, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import wait_until
from webhooks_app.lib.pulse import STUCK_AFTER

ROOT = Path(__file__).parents[2]


def test_a_worker_that_hangs_is_replaced(
    journey: Journey, receiver: Receiver, measured: Measured
) -> None:
    receiver.answer = answer_after(0.2)
    journey.add_webhook(receiver)
    supervisor = journey.start([sys.executable, str(ROOT / "worker.py"), "--processes", "1"])
    with Posting(journey, every=0.02) as posting:
        wait_until(arrivals(receiver, 200), 60)
        time.sleep(STUCK_AFTER + 2)  # until then the supervisor judges nobody
        stuck = part(supervisor, "deliveries")
        os.kill(stuck, signal.SIGSTOP)
        time.sleep(0.1)
        journey.cut_off |= journey.sending()
        stopped_at = time.monotonic()
        wait_until(lambda: part(supervisor, "deliveries") not in (0, stuck), STUCK_AFTER + 30)
        replaced = time.monotonic() - stopped_at
        wait_until(arrivals(receiver, 50), 60)
    journey.settled()

    assert posting.statuses == {202}
    repeated = journey.verify(receiver)
    measured(
        f"replaced {replaced:.0f} s after it stood still; 0 lost, {repeated} repeated of "
        f"{len(journey.cut_off)} in flight"
    )


def part(supervisor: "subprocess.Popen[bytes]", role: str) -> int:
    """The process of that role; 0 if there is none."""
    for process in psutil.Process(supervisor.pid).children():
        with suppress(psutil.NoSuchProcess):  # a zombie, until the supervisor looks
            if role in " ".join(process.cmdline()):
                return int(process.pid)
    return 0
