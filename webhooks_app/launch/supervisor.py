"""Keep child processes alive, and stop them in order."""

import signal
import time
from collections.abc import Callable, Iterator
from itertools import chain
from math import inf
from types import FrameType
from typing import Any, Self

import structlog

from webhooks_app.config import LEAST_GRACE
from webhooks_app.launch.process import Child, Process
from webhooks_app.launch.systemd import Systemd
from webhooks_app.lib import pulse

TICK = 0.1
LONG = 5.0  # seconds
SHORT_GRACE = 1.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = structlog.get_logger(__name__)


class Supervisor:
    """Leaving its context stops all children, the last group first.

    The first signal asks to stop: each group then has `grace` seconds to finish. A second signal
    leaves only one second more.
    """

    def __init__(
        self, grace: float = LEAST_GRACE, on_death: Callable[[], None] = lambda: None
    ) -> None:
        self._grace = grace
        self._systemd = Systemd()
        self._looked_at = self._late_at = time.monotonic()
        self._on_death = on_death
        self._groups: list[list[Process]] = []
        self._signals = 0
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *error: object) -> None:
        for group in reversed(self._groups):
            self._systemd.stopping(self._grace)
            self._stop(group)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(self, *children: Child) -> None:
        """Start a group of children, which `watch` then keeps alive."""
        group = [Process(child) for child in children]
        self._groups.append(group)
        for process in group:
            process.start()

    def watch(self, until: Callable[[], bool] = lambda: False, seconds: float = inf) -> bool:
        """Keep the children alive until `until()` is true.

        False if a signal asked to stop, or `seconds` passed, before that.
        """
        deadline = time.monotonic() + seconds
        while not self._signals and time.monotonic() < deadline:
            may_judge = self._look()
            for process in self._processes():
                if process.tend(may_judge=may_judge):
                    self._on_death()
            self._systemd.alive()
            if until():
                return True
            time.sleep(TICK)
        return False

    def all_run(self) -> bool:
        """Whether all children are up and supervised. Any thread may call it."""
        looks = time.monotonic() - self._looked_at < pulse.STUCK_AFTER
        return looks and all(process.runs() for process in self._processes())

    def ready(self) -> None:
        """All children are started: systemd may start what waits for that."""
        self._systemd.ready()

    def _look(self) -> bool:
        """Whether this process was on time for long enough to call others stuck.

        After a pause of the whole machine, nobody has given a sign lately.
        """
        now = time.monotonic()
        if now - self._looked_at > LONG:
            self._late_at = now
        self._looked_at = now
        return now - self._late_at > pulse.STUCK_AFTER

    @property
    def asked_to_stop(self) -> bool:
        return self._signals > 0

    def _processes(self) -> Iterator[Process]:
        return chain.from_iterable(self._groups)

    def give_up(self) -> None:
        """Stop without waiting."""
        self._signals = max(self._signals, 2)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        hint = {} if self._signals > 1 else {"hint": "press Ctrl-C again to stop at once"}
        log.warning("stopping", signal=signal.Signals(number).name, **hint)

    def _stop(self, group: list[Process]) -> None:
        for process in group:
            process.terminate()
        started, killed_at = time.monotonic(), inf
        while left := [process for process in group if process.alive()]:
            now = time.monotonic()
            if self._signals > 1:
                killed_at = min(killed_at, now + SHORT_GRACE)
            if now > min(killed_at, started + self._grace):
                log.warning("killed", children=[process.child.name for process in left])
                for process in left:
                    process.kill()
            time.sleep(TICK / 2)
