"""How long after its POST an event arrives, without other load."""

import time
from typing import Any

import requests

from bench.processes import serving, working
from bench.support import product
from tests import factories
from tests.support.receiver import Receiver

PAUSE = 0.05


def run(count: int) -> dict[str, Any]:
    """Milliseconds from the first byte of the POST to the receiver's first line of code.

    The limit is a POST directly to the receiver; `ratio` is the median divided by the limit's.
    """
    with Receiver() as receiver, product() as made:
        organisation = factories.organisation()
        headers = factories.bearer(factories.api_key(organisation))
        factories.webhook(organisation, receiver.url)
        direct = _measure(receiver, receiver.url, {"webhook-id": "direct"}, count)
        with serving(made) as port, working(made):
            url = f"http://127.0.0.1:{port}/api/v1/events"
            _measure(receiver, url, headers, 20)
            through = _measure(receiver, url, headers, count)
    return {
        "limit_p50_ms": percentile(direct, 50),
        "ratio": round(percentile(through, 50) / percentile(direct, 50), 2),
        "p50_ms": percentile(through, 50),
        "p99_ms": percentile(through, 99),
        "events": count,
    }


def _measure(receiver: Receiver, url: str, headers: dict[str, str], count: int) -> list[float]:
    """Seconds, one event at a time."""
    taken = []
    with requests.Session() as session:
        for _ in range(count):
            before = len(receiver.received)
            start = time.time()
            answer = session.post(
                url, json={"type": "lead.captured", "data": {"name": "Ada"}}, headers=headers
            )
            answer.raise_for_status()
            while len(receiver.received) == before:
                time.sleep(0.0005)
                assert time.time() - start < 30, "it never arrived"
            taken.append(receiver.received[-1].at - start)
            time.sleep(PAUSE)
    return taken


def percentile(seconds: list[float], percent: int) -> float:
    """A percentile in milliseconds, by the nearest rank."""
    ordered = sorted(seconds)
    rank = max(0, -(-len(ordered) * percent // 100) - 1)
    return round(ordered[rank] * 1000, 2)
