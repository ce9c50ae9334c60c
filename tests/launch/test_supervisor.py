"""The supervisor, with shell scripts as children."""

import os
import signal
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.support.servers import PATIENCE, wait_until
from webhooks_app.launch.process import PAUSES, Child
from webhooks_app.launch.supervisor import Supervisor

LIVES = "sleep 60"
IGNORES = "trap '' TERM; touch {ready}; while true; do sleep 0.05; done"
STUBBORN_SECONDS = 1.5


def shell(script: str, name: str = "child") -> Child:
    return Child(name, ("/bin/sh", "-c", script), os.environ)


Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def children() -> Children:
    """The processes that a test has started and that still are."""
    before = set(psutil.Process().children(recursive=True))
    return lambda: [p for p in psutil.Process().children(recursive=True) if p not in before]


def soon(seconds: float, act: Callable[[], None]) -> None:
    threading.Timer(seconds, act).start()


def signal_us(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


def test_it_starts_again_what_died(tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    deaths: list[float] = []
    with Supervisor(on_death=lambda: deaths.append(time.monotonic())) as supervisor:
        supervisor.start(shell(f"echo started >> {lines}"))

        assert supervisor.watch(until=lambda: len(deaths) == 3, seconds=PATIENCE)

    assert len(lines.read_text().splitlines()) == 3


def test_it_waits_longer_from_death_to_death() -> None:
    deaths: list[float] = []
    with Supervisor(on_death=lambda: deaths.append(time.monotonic())) as supervisor:
        supervisor.start(shell("exit 1"))
        assert supervisor.watch(until=lambda: len(deaths) == 4, seconds=PATIENCE)

    for (one, later), pause in zip(pairwise(deaths), PAUSES[1:], strict=False):
        assert later - one > 0.9 * pause


def test_a_program_that_does_not_exist_is_tried_again() -> None:
    with Supervisor() as supervisor:
        supervisor.start(Child("nothing", ("/nonexistent/program",), {}))
        assert not supervisor.watch(seconds=0.5)


def test_what_a_dead_child_had_started_dies_too(tmp_path: Path, children: Children) -> None:
    inner = tmp_path / "inner"
    with Supervisor() as supervisor:
        supervisor.start(shell(f"sleep 60 & echo $! > {inner}; wait"))
        supervisor.watch(until=lambda: inner.exists() and inner.read_text() != "", seconds=PATIENCE)
        first = psutil.Process(int(inner.read_text()))
        children()[0].kill()

        assert supervisor.watch(until=lambda: not first.is_running(), seconds=PATIENCE)


def test_the_group_that_was_started_last_stops_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    script = f"trap 'echo NAME >> {order}; exit' TERM; touch {tmp_path}/NAME; sleep 60 & wait"
    with Supervisor() as supervisor:
        for name in ("store", "worker", "web"):
            supervisor.start(shell(script.replace("NAME", name)))
        wait_until(lambda: len(list(tmp_path.iterdir())) == 3, 5)

    assert order.read_text().split() == ["web", "worker", "store"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_watch(number: signal.Signals, children: Children) -> None:
    with Supervisor() as supervisor:
        supervisor.start(shell(LIVES))
        soon(0.2, lambda: signal_us(number))

        assert not supervisor.watch(seconds=PATIENCE)
        assert supervisor.asked_to_stop

    assert children() == []


def test_what_does_not_stop_is_killed_after_the_grace(tmp_path: Path, children: Children) -> None:
    ready = tmp_path / "ready"
    with Supervisor(grace=STUBBORN_SECONDS) as supervisor:
        supervisor.start(shell(IGNORES.format(ready=ready)))
        wait_until(ready.exists, 5)
        started = time.monotonic()

    assert time.monotonic() - started >= STUBBORN_SECONDS
    assert children() == []


def test_a_second_signal_shortens_the_grace(tmp_path: Path, children: Children) -> None:
    ready = tmp_path / "ready"
    with Supervisor(grace=60) as supervisor:
        supervisor.start(shell(IGNORES.format(ready=ready)))
        wait_until(ready.exists, 5)
        soon(0.1, signal_us)
        supervisor.watch(seconds=PATIENCE)
        started = time.monotonic()
        soon(0.2, lambda: signal_us(signal.SIGINT))

    assert time.monotonic() - started < 60
    assert children() == []


def test_an_error_of_ours_leaves_no_process(children: Children) -> None:
    def watch() -> None:
        with Supervisor() as supervisor:
            supervisor.start(shell(LIVES))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        watch()

    assert children() == []


def test_the_handlers_of_before_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Supervisor():
        pass

    assert signal.getsignal(signal.SIGTERM) is before
