"""Prometheus metrics of this process.

With `PROMETHEUS_MULTIPROC_DIR` (which `python app.py` and `worker.py` set) every process of a host
writes to that folder, and each can report for all.
"""

import fcntl
import os
import re
from bisect import bisect_left
from collections import Counter as Counts
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.registry import REGISTRY, Collector

from webhooks_app.lib import pulse

disable_created_metrics()

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
OF_A_PROCESS = re.compile(r"(counter|histogram|gauge_\w+)_(\d+)\.db")
DEAD = 0  # no process has that id; its file holds the sums of processes that have ended
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PATIENT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300, 900, 3600)


class BulkHistogram(Histogram):
    """A histogram that takes many values at once: each update takes a lock and writes a file."""

    def observe_all(self, values: Collection[float]) -> None:
        """Like `observe` for each value."""
        self._sum.inc(sum(values))
        for bucket, count in Counts(bisect_left(self._upper_bounds, v) for v in values).items():
            self._buckets[bucket].inc(count)


ACCEPTED = Counter("hookline_events_accepted_total", "Events accepted")
DELIVERIES = Counter(
    "hookline_deliveries_total", "Results of attempts: delivered, failed, retrying", ["outcome"]
)
ATTEMPTS = Counter("hookline_attempts_total", "Attempts by class of response", ["code"])
ATTEMPT_SECONDS = BulkHistogram(
    "hookline_attempt_seconds",
    "Seconds from the start of an attempt to its whole response",
    buckets=PATIENT,
)
FIRST_ATTEMPT_LAG = BulkHistogram(
    "hookline_first_attempt_lag_seconds",
    "Seconds from accepting an event to the first attempt of a delivery",
    buckets=PATIENT,
)
IN_FLIGHT = Gauge(
    "hookline_requests_in_flight",
    "Requests waiting for a response",
    multiprocess_mode="livesum",
)
CLAIM_SECONDS = Histogram("hookline_claim_seconds", "Seconds that a claim took", buckets=QUICK)
CLAIMED = Counter("hookline_claimed_total", "Deliveries that were claimed")
RECORD_SECONDS = Histogram(
    "hookline_record_seconds", "Seconds that storing a batch of results took", buckets=QUICK
)
UNRECORDED = Gauge(
    "hookline_unrecorded_results", "Results not stored yet", multiprocess_mode="livesum"
)
STUCK = Gauge(
    "hookline_recorders_stuck",
    "Processes that cannot store their results",
    multiprocess_mode="livesum",
)
CLOCK_SKEW = Gauge(
    "hookline_worker_clock_skew_seconds",
    "The host of this worker ahead of the database",
    multiprocess_mode="livemostrecent",
)
HTTP_SECONDS = Histogram(
    "hookline_http_request_seconds",
    "Seconds that our own web server took for a request",
    ["route", "method", "code"],
    buckets=QUICK,
)
READS = Counter(
    "hookline_reads_total",
    "With a replica: pages and lists that it may show, by the database that was read",
    ["database"],
)
JOB_SECONDS = Histogram(
    "hookline_job_seconds", "Seconds that a job took", ["job", "outcome"], buckets=PATIENT
)

# From the start at 0, so that the first one counts as an increase.
for outcome in ("delivered", "failed", "retrying"):
    DELIVERIES.labels(outcome)
for code in ("2xx", "3xx", "4xx", "5xx", "none"):
    ATTEMPTS.labels(code)


def exposition(*more: Collector, folder: str | Path | None = None) -> bytes:
    """All metrics in the Prometheus text format: those of this process, or of all that write to
    `folder`, and what `more` collects now."""
    folder = folder or os.environ.get(FOLDER)
    if not folder:
        return generate_latest(REGISTRY) + collected(*more)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=str(folder))
    forget_dead_processes(Path(folder))
    with _locked(Path(folder)):
        return generate_latest(registry) + collected(*more)


def collected(*collectors: Collector) -> bytes:
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def forget_dead_processes(folder: Path) -> None:
    """Drop the gauges of processes that have ended. Their counters are added up in one file."""
    pulse.forget_dead(folder)
    with _locked(folder):
        for file in sorted(folder.glob("*.db")):
            found = OF_A_PROCESS.fullmatch(file.name)
            if found and int(found[2]) != DEAD and not Path(f"/proc/{found[2]}").exists():
                if not found[1].startswith("gauge"):
                    _add(file, folder / f"{found[1]}_{DEAD}.db")
                file.unlink(missing_ok=True)


def _add(file: Path, sums: Path) -> None:
    total = MmapedDict(str(sums))
    for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(file)):
        total.write_value(key, total.read_value(key)[0] + value, timestamp)
    total.close()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder: no other process reads or adds up at the same time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
