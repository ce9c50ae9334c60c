"""Metrics of several processes of a host, and of those that have ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.parser import text_string_to_metric_families

from webhooks_app.lib.metrics import QUICK, BulkHistogram, exposition, forget_dead_processes

COUNT = """
import sys
from webhooks_app.lib import metrics
metrics.ACCEPTED.inc(int(sys.argv[1]))
metrics.ATTEMPT_SECONDS.observe(20)
metrics.IN_FLIGHT.set(7)
"""


def a_process(folder: Path, events: int) -> None:
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", COUNT, str(events)], env=environ, check=True)


def values(folder: Path) -> dict[str, float]:
    text = exposition(folder=folder).decode()
    return {
        f"{one.name}{one.labels.get('le', '')}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_what_processes_counted_outlives_them_and_leaves_no_files(tmp_path: Path) -> None:
    a_process(tmp_path, 2)
    a_process(tmp_path, 3)
    assert len(list(tmp_path.glob("*.db"))) >= 6
    for _ in range(2):
        found = values(tmp_path)
        assert found["hookline_events_accepted_total"] == 5
        assert found["hookline_attempt_seconds_count"] == 2
        assert found["hookline_attempt_seconds_bucket15.0"] == 0
        assert found["hookline_attempt_seconds_bucket30.0"] == 2
        assert "hookline_requests_in_flight" not in found
        left = {file.name for file in tmp_path.glob("*.db")}
        assert left == {"counter_0.db", "histogram_0.db"}
    a_process(tmp_path, 1)
    forget_dead_processes(tmp_path)
    assert values(tmp_path)["hookline_events_accepted_total"] == 6


def test_there_are_no_created_series(tmp_path: Path) -> None:
    assert "_created" not in exposition().decode()


@given(st.lists(st.floats(0, 100) | st.sampled_from(QUICK), max_size=30))
def test_values_that_are_observed_together_count_as_one_by_one(values: list[float]) -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    together = BulkHistogram("h", "Values", buckets=QUICK, registry=registries[0])
    alone = Histogram("h", "Values", buckets=QUICK, registry=registries[1])
    together.observe_all(values)
    for value in values:
        alone.observe(value)
    samples = [
        {f"{one.name}{one.labels}": one.value for one in next(iter(each.collect())).samples}
        for each in registries
    ]
    assert samples[0] == pytest.approx(samples[1])
