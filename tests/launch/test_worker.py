"""`python worker.py`, apart from `app.py`."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess

import psutil
import pytest
import requests

from tests.launch.instance import ROOT, await_end_of, command_line, environ, run
from tests.support.servers import PATIENCE, RedisServer, free_port, wait_until
from webhooks_app.lib.crypto import new_key

Variables = dict[str, object]


@pytest.fixture
def variables(redis_server: RedisServer, sqlite_template: Path, tmp_path: Path) -> Variables:
    redis_server.empty()
    database = shutil.copy(sqlite_template, tmp_path / "worker.db")
    return {
        "REDIS_URL": redis_server.url,
        "DATABASE_URL": f"sqlite:///{database}",
        "ENCRYPTION_KEYS": new_key(),
        "DATA_DIR": tmp_path,
    }


class Worker:
    def __init__(self, log: Path, arguments: tuple[str, ...], variables: Variables) -> None:
        self._log = log
        with log.open("w") as output:
            self.process = psutil.Popen(
                [sys.executable, str(ROOT / "worker.py"), *arguments],
                env=environ(**variables),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        family = [self.process, *self.family()]
        if self.process.is_running():
            self.process.terminate()
        _, left = psutil.wait_procs(family, timeout=20)
        for process in left:
            process.kill()

    @property
    def said(self) -> str:
        return self._log.read_text()

    def family(self) -> list[psutil.Process]:
        return list(self.process.children(recursive=True)) if self.process.is_running() else []


class Start:
    """`start("--role", "beat")`; what it started ends with the test."""

    def __init__(self, folder: Path, variables: Variables) -> None:
        self._folder, self._variables = folder, variables
        self.workers: list[Worker] = []

    def __call__(self, *arguments: str) -> Worker:
        log = self._folder / f"worker{len(self.workers)}.log"
        self.workers.append(Worker(log, arguments, self._variables))
        return self.workers[-1]


@pytest.fixture
def start(tmp_path: Path, variables: Variables) -> Iterator[Start]:
    start = Start(tmp_path, variables)
    yield start
    for worker in start.workers:
        worker.stop()


def test_it_runs_as_many_as_it_is_told_and_a_beat(start: Start) -> None:
    worker = start("--processes", "2")
    wait_until(lambda: "beat is active" in worker.said, 20)

    def roles() -> list[str]:
        return sorted(command_line(one).partition("--role ")[2].strip() for one in worker.family())

    wait_until(lambda: roles() == ["background", "beat", "deliveries", "deliveries"])


def test_it_stops_and_leaves_no_process(start: Start) -> None:
    worker = start()
    wait_until(lambda: "beat is active" in worker.said and len(worker.family()) == 3)
    family = worker.family()

    worker.process.send_signal(signal.SIGTERM)

    assert worker.process.wait(PATIENCE) == 0
    await_end_of(family)
    lines = [json.loads(line) for line in worker.said.splitlines()]
    assert "stopping" in [line["event"] for line in lines if line["pid"] == worker.process.pid]


def test_a_part_that_runs_alone_shares_its_metrics(start: Start, tmp_path: Path) -> None:
    worker = start("--role", "beat")
    wait_until(lambda: "beat is active" in worker.said, 20)

    assert list((tmp_path / "metrics").glob(f"*_{worker.process.pid}.db"))


def test_it_serves_metrics_and_a_probe_where_it_is_told(start: Start) -> None:
    port = free_port()
    worker = start("--metrics-port", str(port))
    wait_until(lambda: "worker started" in worker.said, 60)
    url = f"http://127.0.0.1:{port}"
    assert "hookline_deliveries_total" in requests.get(f"{url}/metrics", timeout=PATIENCE).text

    def health() -> int:
        return requests.get(f"{url}/healthz", timeout=PATIENCE).status_code

    def health_after_a_kill() -> int:
        """What was killed may run again before it answers; each pause is longer."""
        for part in worker.family()[:1]:
            with suppress(psutil.NoSuchProcess):
                part.kill()
        return health()

    wait_until(lambda: health() == 200)
    wait_until(lambda: health_after_a_kill() == 503)
    wait_until(lambda: health() == 200)


def test_another_beat_takes_over_within_20_seconds_of_a_kill(start: Start) -> None:
    first = start("--role", "beat")
    wait_until(lambda: "beat is active" in first.said, 20)
    second = start("--role", "beat")

    first.process.kill()

    wait_until(lambda: "beat is active" in second.said, 20)


def test_another_beat_takes_over_at_once_when_the_first_stops(start: Start) -> None:
    first = start("--role", "beat")
    wait_until(lambda: "beat is active" in first.said, 20)
    second = start("--role", "beat")

    first.process.terminate()
    assert first.process.wait(PATIENCE) == 0

    wait_until(lambda: "beat is active" in second.said, 10)


@pytest.mark.parametrize("missing", ["REDIS_URL", "DATABASE_URL", "ENCRYPTION_KEYS"])
@pytest.mark.parametrize("arguments", [(), ("--role", "deliveries")])
def test_what_is_missing_is_said_in_one_line(
    variables: Variables, missing: str, arguments: tuple[str, ...]
) -> None:
    del variables[missing]

    refused(run("worker.py", *arguments, **variables), missing)


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "nonsense"), ("DATABASE_URL", "nonsense"), ("WORKERS", "no")]
)
def test_what_is_wrong_is_said_in_one_line(variables: Variables, name: str, value: str) -> None:
    refused(run("worker.py", "--role", "beat", **variables | {name: value}), name)


@pytest.mark.parametrize("arguments", [(), ("--role", "beat")])
def test_it_does_not_start_with_keys_that_open_nothing(
    start: Start, variables: Variables, arguments: tuple[str, ...]
) -> None:
    first = start("--role", "beat")
    wait_until(lambda: "beat is active" in first.said, 20)
    first.stop()

    other = variables | {"ENCRYPTION_KEYS": new_key()}
    refused(run("worker.py", *arguments, **other), "encrypted with another key")


@pytest.mark.parametrize("arguments", [(), ("--role", "beat")])
def test_it_does_not_start_on_a_database_that_was_never_migrated(
    variables: Variables, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    empty = {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
    refused(run("worker.py", *arguments, **variables | empty), "flask --app app db upgrade")


def refused(result: CompletedProcess[str], reason: str) -> None:
    assert result.returncode == 1
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
