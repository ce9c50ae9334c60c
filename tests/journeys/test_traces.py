"""The processes of the product send their spans, also the last ones before they stop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.conftest import travelled
from tests.journeys.journey import Journey
from tests.support.collector import Collector
from tests.support.receiver import Receiver
from tests.support.servers import PATIENCE, RedisServer

SLOW = "3600000"  # ms between two exports: only the end of a process sends what it has


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def traced_journey(
    postgres: str, own_redis: RedisServer, tmp_path: Path, collector: Collector
) -> Iterator[Journey]:
    journey = Journey(tmp_path, postgres, own_redis)
    journey.environ |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": SLOW,
    }
    yield from travelled(journey)


def test_web_and_workers_send_their_spans_before_they_stop(
    traced_journey: Journey, receiver: Receiver, collector: Collector
) -> None:
    journey = traced_journey
    journey.add_webhook(receiver)
    worker = journey.start_worker()
    journey.start_beat()
    journey.post()
    journey.settled()

    for process in (worker, journey.web):
        process.terminate()
        process.wait(PATIENCE)

    [accept] = [one for one in collector.spans if one.name == "accept"]
    assert {(one.service, one.name) for one in collector.spans if one.parent == accept.span_id} == {
        *(("hookline-worker", "claim"), ("hookline-worker", "attempt")),
        ("hookline-worker", "record"),
    }
    assert accept.service == "hookline-web"
    assert journey.verify(receiver) == 0
