"""Prometheus metrics of this process.

With `PROMETHEUS_MULTIPROC_DIR` (which `python app.py` and `worker.py` set) every process of a host
writes to that folder, and each can report for all.
"""

import os
import re
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.registry import REGISTRY, Collector

ACCEPTED = Counter("hookline_events_accepted_total", "Events accepted")
DELIVERED = Counter("hookline_deliveries_delivered_total", "Deliveries that arrived")
FAILED = Counter("hookline_deliveries_failed_total", "Deliveries that failed")
RETRIED = Counter("hookline_deliveries_retried_total", "Attempts that will be retried")
ATTEMPTS = Counter("hookline_attempts_total", "Attempts by class of answer", ["code"])
LATENCY = Histogram(
    "hookline_attempt_seconds",
    "Seconds from the start of an attempt to its whole answer",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
IN_FLIGHT = Gauge(
    "hookline_requests_in_flight", "Requests waiting for an answer", multiprocess_mode="livesum"
)


def exposition(extra: Collector | None = None) -> bytes:
    """All metrics in the Prometheus text format, with `extra` collected at scrape time."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    registry = CollectorRegistry() if folder else REGISTRY
    if folder:
        multiprocess.MultiProcessCollector(registry)
    text = generate_latest(registry)
    if extra is not None:
        live = CollectorRegistry()
        live.register(extra)
        text += generate_latest(live)
    return text


def forget_dead_processes(folder: Path) -> None:
    """Remove the gauges of ended processes; their counters stay."""
    for file in folder.glob("gauge_live*.db"):
        pid = re.search(r"_(\d+)\.db$", file.name)
        if pid and not Path(f"/proc/{pid[1]}").exists():
            file.unlink(missing_ok=True)
