"""Whether hanging endpoints delay others: healthy ones beside twenty that never answer."""

import time
from typing import Any

from bench.latency import percentile
from bench.processes import working
from bench.receiver import ReceiverProcess
from bench.support import fill, product, settle, subscribe
from tests import factories
from tests.support.receiver import Receiver
from webhooks_app import queue
from webhooks_app.models import Organisation

HANGING, DUE_EACH = 20, 5000
HEALTHY = 20
NEVER = 3600.0


def run(seconds: float) -> dict[str, Any]:
    """The p99 from commit to arrival of healthy endpoints' events, with and without the others."""
    with product() as made, Receiver() as receiver, ReceiverProcess(HANGING, NEVER) as hanging:
        healthy = factories.organisation()
        subscribe(healthy, [f"{receiver.url}/{n}" for n in range(HEALTHY)])
        with working(made):
            alone = _arrivals(healthy, receiver, seconds)
        flooded = factories.organisation()
        fill(flooded, subscribe(flooded, hanging.urls), HANGING * DUE_EACH)
        settle()
        with working(made):
            time.sleep(3)
            beside = _arrivals(healthy, receiver, seconds)
    return {
        "limit_p99_ms": percentile(alone, 99),
        "ratio": round(percentile(beside, 99) / percentile(alone, 99), 2),
        "p50_ms": percentile(beside, 50),
        "p99_ms": percentile(beside, 99),
        "arrived": len(beside),
        "hanging_due": HANGING * DUE_EACH,
    }


def _arrivals(organisation: Organisation, receiver: Receiver, seconds: float) -> list[float]:
    """An event every 100 ms, each for all healthy endpoints; seconds until each arrival."""
    _send(organisation, 0)
    _await(receiver, HEALTHY)  # the workers are ready
    time.sleep(1)
    receiver.received.clear()
    committed: dict[int, float] = {}
    start, n = time.time(), 0
    while time.time() - start < seconds:
        committed[n] = time.time()
        _send(organisation, n)
        n += 1
        time.sleep(0.1)
    _await(receiver, n * HEALTHY)
    return [request.at - committed[_number(request.body)] for request in receiver.received]


def _send(organisation: Organisation, number: int) -> None:
    factories.accepted(organisation, factories.lead(data=f'{{"n":{number}}}'))
    queue.nudge()


def _await(receiver: Receiver, count: int) -> None:
    deadline = time.time() + 60
    while len(receiver.received) < count:
        assert time.time() < deadline, f"{len(receiver.received)} of {count} arrived"
        time.sleep(0.05)


def _number(body: bytes) -> int:
    return int(body.partition(b'"n":')[2].partition(b"}")[0])
