"""A part that is there and yet stuck is started again; who watches the watcher hears of it."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.servers import PATIENCE, wait_until
from webhooks_app.engine.engine import Engine
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.launch import supervisor as module
from webhooks_app.launch.process import Child
from webhooks_app.launch.supervisor import Supervisor
from webhooks_app.launch.systemd import MARGIN, SOCKET, WATCHDOG, Systemd
from webhooks_app.lib import pulse
from webhooks_app.lib.metrics import forget_dead_processes

SOON = 2.5


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(pulse.FOLDER, str(tmp_path))
    return tmp_path


@pytest.fixture
def impatient(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "STUCK_AFTER", SOON)


def test_a_process_without_a_folder_or_a_sign_is_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(pulse.FOLDER, raising=False)
    pulse.beat()
    assert pulse.last(os.environ, os.getpid()) is None
    environ = {pulse.FOLDER: str(tmp_path)}
    assert pulse.last(environ, os.getpid()) is None
    (tmp_path / f"pulse_{os.getpid()}").write_bytes(b"")  # half written
    assert not pulse.is_stuck(environ, os.getpid(), since=0.0)


def test_who_gave_no_sign_for_long_is_stuck(impatient: None) -> None:
    before = time.monotonic()
    pulse.beat()
    assert not pulse.is_stuck(os.environ, os.getpid(), before)
    time.sleep(SOON * 1.5)
    assert pulse.is_stuck(os.environ, os.getpid(), before)
    # The sign is of an earlier process with this id.
    assert not pulse.is_stuck(os.environ, os.getpid(), time.monotonic())
    pulse.beat()
    assert not pulse.is_stuck(os.environ, os.getpid(), before)
    pulse.forget(os.environ, os.getpid())
    assert pulse.last(os.environ, os.getpid()) is None


def test_signs_of_processes_that_are_gone_are_deleted_with_their_metrics(folder: Path) -> None:
    pulse.beat()
    left = folder / "pulse_4194305"  # more than Linux allows
    left.write_bytes(b"")
    forget_dead_processes(folder)
    assert not left.exists()
    assert pulse.last(os.environ, os.getpid()) is not None


def beats_once() -> None:
    pulse.beat()
    time.sleep(60)


def beats() -> None:
    while True:
        pulse.beat()
        time.sleep(SOON / 10)


def silent() -> None:
    time.sleep(60)


class Starts:
    """Children that note when they start."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "starts"

    def child(self, run: Callable[[], None]) -> Child:
        def noted() -> None:
            with self._file.open("a") as file:
                file.write(f"{os.getpid()}\n")
            run()

        return Child("part", ("part",), dict(os.environ), run=noted)

    @property
    def pids(self) -> list[int]:
        return [int(line) for line in self._file.read_text().split()] if self._file.exists() else []


@pytest.fixture
def starts(folder: Path) -> Starts:
    return Starts(folder)


def test_a_part_whose_loop_stands_still_is_started_again(impatient: None, starts: Starts) -> None:
    with Supervisor(grace=0) as supervisor:
        supervisor.start(starts.child(beats_once))
        assert supervisor.watch(until=lambda: len(starts.pids) == 2, seconds=PATIENCE)
        first = starts.pids[0]
        assert not Path(f"/proc/{first}").exists()


@pytest.mark.parametrize("run", [beats, silent])
def test_others_are_left_alone(impatient: None, starts: Starts, run: Callable[[], None]) -> None:
    with Supervisor(grace=0) as supervisor:
        supervisor.start(starts.child(run))
        supervisor.watch(seconds=SOON * 2)
        assert len(starts.pids) == 1


def test_a_stopped_process_is_stuck_too(impatient: None, starts: Starts) -> None:
    with Supervisor(grace=0) as supervisor:
        supervisor.start(starts.child(beats))
        supervisor.watch(until=lambda: len(starts.pids) == 1, seconds=PATIENCE)
        supervisor.watch(seconds=SOON)
        os.kill(starts.pids[0], signal.SIGSTOP)
        assert supervisor.watch(until=lambda: len(starts.pids) == 2, seconds=PATIENCE)


def test_after_a_pause_of_the_whole_machine_nobody_is_judged_at_once(
    impatient: None, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONG", SOON)
    with Supervisor(grace=0) as supervisor:
        supervisor.start(starts.child(beats))
        supervisor.watch(until=lambda: bool(starts.pids), seconds=PATIENCE)
        supervisor.watch(seconds=SOON * 2)
        [pid] = starts.pids
        os.kill(pid, signal.SIGSTOP)
        time.sleep(SOON * 2)  # the supervisor does not look either
        assert not supervisor.all_run()
        supervisor.watch(seconds=SOON / 2)
        os.kill(pid, signal.SIGCONT)
        supervisor.watch(seconds=SOON * 2.5)
        assert starts.pids == [pid]
        assert supervisor.all_run()


def test_the_engine_gives_signs_while_its_loop_turns(app: Flask, impatient: None) -> None:
    began, told = time.monotonic(), threading.Event()
    engine = Engine(engine_parts(app))
    engine.start()
    try:
        wait_until(lambda: pulse.last(os.environ, os.getpid()) is not None)
        first = pulse.last(os.environ, os.getpid())
        wait_until(lambda: pulse.last(os.environ, os.getpid()) != first)
        engine._loop.call_soon_threadsafe(told.wait)
        wait_until(lambda: pulse.is_stuck(os.environ, os.getpid(), began))
        told.set()
        wait_until(lambda: not pulse.is_stuck(os.environ, os.getpid(), began))
    finally:
        told.set()
        engine.stop()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listens:
        listens.bind(str(tmp_path / "notify"))
        listens.settimeout(PATIENCE)
        monkeypatch.setenv(SOCKET, str(tmp_path / "notify"))
        monkeypatch.setenv(WATCHDOG, "300000")
        yield listens


def heard(manager: socket.socket) -> str:
    return manager.recv(1000).decode()


def test_systemd_hears_that_it_is_up_lives_and_needs_time_to_stop(manager: socket.socket) -> None:
    signs: list[str] = []

    def two_signs() -> bool:
        if (said := heard_or_nothing(manager)) is not None:
            signs.append(said)
        return len(signs) == 2

    with Supervisor(grace=7) as supervisor:
        supervisor.start(Child("child", ("/bin/sh", "-c", "sleep 60"), dict(os.environ)))
        supervisor.ready()
        assert heard(manager) == "READY=1"
        assert supervisor.watch(until=two_signs, seconds=PATIENCE)
        assert set(signs) == {"WATCHDOG=1"}
        while (said := heard_or_nothing(manager)) is not None:
            assert said == "WATCHDOG=1"
    assert heard(manager) == f"STOPPING=1\nEXTEND_TIMEOUT_USEC={int((7 + MARGIN) * 1e6)}"
    assert SOCKET not in os.environ  # children have nothing to say


def heard_or_nothing(manager: socket.socket) -> str | None:
    manager.setblocking(False)
    try:
        return heard(manager)
    except BlockingIOError:
        return None
    finally:
        manager.settimeout(PATIENCE)


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOCKET, raising=False)
    monkeypatch.delenv(WATCHDOG, raising=False)
    quiet = Systemd()
    quiet.ready()
    quiet.alive()
    quiet.stopping(1)
