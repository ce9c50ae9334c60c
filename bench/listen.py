"""`hookline listen` at a steady rate: it must keep up, as a worker would."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.latency import percentile
from bench.load import post
from bench.pace import paced
from bench.processes import serving, working
from bench.receiver import ReceiverProcess
from bench.support import DATA, product
from tests import factories
from tests.support.servers import wait_until

SOURCE = Path(__file__).parents[1] / "clients" / "python" / "src"
EVENT = b'{"type":"lead.captured","data":%s}'
WARM_UP = 200
LEFT = 10.0  # seconds until the last one must be there


def run(rate: int, seconds: float) -> dict[str, Any]:
    """Milliseconds from the POST of an event to the local server, by the command and by a worker.

    `ratio` is the median by the command divided by that by a worker, in the same run.
    """
    with ReceiverProcess(2) as receiver, product() as made, serving(made) as port:
        local, remote = receiver.urls
        organisation = factories.organisation()
        key = factories.api_key(organisation)
        listener = factories.webhook(organisation, remote)
        with working(made):
            by_worker = _through(receiver, port, key, rate, seconds)
        factories.db.session.delete(listener)
        organisation.subscriptions_version += 1
        factories.db.session.commit()
        with _listening(port, key, local):
            by_command = _through(receiver, port, key, rate, seconds)
    return {
        "events": int(rate * seconds),
        "rate": rate,
        "worker p50, p99": (percentile(by_worker, 50), percentile(by_worker, 99)),
        "command p50, p99": (percentile(by_command, 50), percentile(by_command, 99)),
        "command, the last half p50": percentile(by_command[len(by_command) // 2 :], 50),
        "ratio": round(percentile(by_command, 50) / percentile(by_worker, 50), 2),
    }


@contextmanager
def _listening(port: int, key: str, url: str) -> Iterator[None]:
    environ = {
        **os.environ,
        "HOOKLINE_API_KEY": key,
        "HOOKLINE_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(SOURCE),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hookline.cli", "listen", url, "--live"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        wait_until(lambda: "Ctrl-C" in process.stderr.readline(), 30)
        yield
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def _through(
    receiver: ReceiverProcess, port: int, key: str, rate: int, seconds: float
) -> list[float]:
    """Seconds from each POST to its arrival, in the order of the POSTs."""
    _send(receiver, port, key, rate, WARM_UP)
    return _send(receiver, port, key, rate, int(rate * seconds))


def _send(receiver: ReceiverProcess, port: int, key: str, rate: int, count: int) -> list[float]:
    asked = paced(port, partial(_request, key), rate, count, b"202")
    arrived = receiver.await_arrivals(count, LEFT).numbered
    return [arrived[number] - one.sent for number, one in enumerate(asked)]


def _request(key: str, number: int) -> bytes:
    data = f'{{"n":{number},{DATA[1:]}'.encode()
    return post("/api/v1/events", factories.bearer(key), EVENT % data)
