"""One child process: it ends with its parent, and takes its own children along."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import structlog
from setproctitle import setproctitle

from webhooks_app.lib import pulse
from webhooks_app.lib.starting import exiting_in_one_line

PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
SETTLED_AFTER = 10.0
PR_SET_PDEATHSIG = 1
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = structlog.get_logger(__name__)
libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Child:
    """What to run: `argv`, or `run` in a fork of this process, which shows itself as `argv`.

    `orphaned_by` is the signal that it gets when its parent is killed.
    """

    name: str
    argv: tuple[str, ...]
    environ: Mapping[str, str]
    orphaned_by: signal.Signals = signal.SIGKILL
    run: Callable[[], None] | None = None


class Process:
    """A child while it runs or waits to be started again.

    For the main thread only: to the kernel, the end of the thread that started a child is the end
    of its parent.
    """

    def __init__(self, child: Child) -> None:
        self.child = child
        self._popen: subprocess.Popen[bytes] | Fork | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0
        self._deaths = 0

    def start(self) -> None:
        self._started_at = time.monotonic()
        try:
            self._popen = spawn(self.child)
        except OSError as error:
            self._plan_restart(str(error))

    def tend(self, *, may_judge: bool = True) -> bool:
        """Start a dead child again after a pause; True when it is found dead.

        A child that is stuck is killed, if this process may judge that.
        """
        if may_judge and self._is_stuck():
            log.error("child is stuck", child=self.child.name, seconds=pulse.STUCK_AFTER)
            self.kill()
        died = self._popen is not None and not self.alive()
        if died:
            self._plan_restart("it ended")
        elif self._popen is None and time.monotonic() >= self._start_again_at:
            self.start()
        return died

    def runs(self) -> bool:
        """Whether it was alive at the last `tend` or `alive`."""
        return self._popen is not None and self._popen.returncode is None

    def alive(self) -> bool:
        if self._popen is None:
            return False
        if self._popen.poll() is None:
            return True
        self.kill()
        pulse.forget(self.child.environ, self._popen.pid)
        self._popen = None
        return False

    def _is_stuck(self) -> bool:
        if self._popen is None:
            return False
        return pulse.is_stuck(self.child.environ, self._popen.pid, since=self._started_at)

    def terminate(self) -> None:
        if self._popen is not None:
            self._popen.terminate()

    def kill(self) -> None:
        """Signal the child and all its descendants, which share its session."""
        if self._popen is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def _plan_restart(self, reason: str) -> None:
        now = time.monotonic()
        self._deaths = 0 if now - self._started_at > SETTLED_AFTER else self._deaths + 1
        pause = PAUSES[min(self._deaths, len(PAUSES) - 1)]
        self._start_again_at = now + pause
        log.warning("child restarts", child=self.child.name, reason=reason, seconds=pause)


def spawn(child: Child) -> "subprocess.Popen[bytes] | Fork":
    """Start it in its own session, so that Ctrl-C in a terminal reaches only the parent."""
    if child.run is not None:
        return Fork(child, child.run)
    return subprocess.Popen(  # noqa: S603
        child.argv,
        env=child.environ,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=partial(_die_with, os.getpid(), child.orphaned_by),
    )


class Fork:
    """A child that shares the memory of this process until one of them writes to it.

    Only for a process without threads, connections and event loops.
    """

    def __init__(self, child: Child, run: Callable[[], None]) -> None:
        self._process = get_context("fork").Process(
            target=_forked, args=(child, run, os.getpid()), name=child.name
        )
        self.returncode: int | None = None
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        self.returncode = self._process.exitcode
        return self.returncode

    def terminate(self) -> None:
        self._process.terminate()


def _forked(child: Child, run: Callable[[], None], parent: int) -> None:
    """Run in the fork, without the parent's signal handlers.

    A signal that came in between ends it.
    """
    os.setsid()
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    _die_with(parent, child.orphaned_by)
    setproctitle(" ".join(child.argv))  # before the environment moves, which it looks for
    os.environ.clear()
    os.environ.update(child.environ)
    with exiting_in_one_line():
        run()


def _die_with(parent: int, number: signal.Signals) -> None:
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)
