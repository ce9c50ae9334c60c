"""Take, send and report many deliveries at once, and lose none.

The main thread takes them. Workers send them, each on a connection of its own. One more thread
reports the results: it keeps them until the server has them.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from hookline.cli.listen.routes import Targets
from hookline.cli.listen.session import Delivery, Session
from hookline.cli.listen.target import Answer
from hookline.errors import Conflict, HooklineError, NotFound, Problem

LINGER = 0.02
MOST_RESULTS = 200
MOST_IN_HAND = 1000
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
LAST_REPORT = 5.0


class Screen(Protocol):
    """Where each line goes. Threads share it."""

    def delivered(self, delivery: Delivery, answer: Answer) -> None: ...
    def followed(self, result: Mapping[str, Any]) -> None: ...
    def lost(self, error: HooklineError) -> None: ...
    def back(self, seconds: float) -> None: ...
    def restarted(self) -> None: ...
    def finishing(self, count: int) -> None: ...


class Stopped(Exception):
    """The server ended it; the message says why."""


@dataclass(frozen=True)
class Plan:
    """`make_targets` is called once in each of the `workers`. It ends after `most` deliveries."""

    make_targets: Callable[[], Targets]
    workers: int
    most: int | None = None


class Forwarder:
    def __init__(self, session: Session, plan: Plan, screen: Screen) -> None:
        self._session, self._plan, self._screen = session, plan, screen
        self._todo: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._in_hand: set[str] = set()
        self._unsent = 0
        self._change = threading.Condition()
        self._stopped: Exception | None = None
        self.is_ending = False
        self.taken = 0

    def run(self) -> None:
        """Until it is interrupted, `most` were delivered, or the server ends it (`Stopped`)."""
        threads = [threading.Thread(target=self._work) for _ in range(self._plan.workers)]
        reporter = threading.Thread(target=self._report_all)
        for thread in (*threads, reporter):
            thread.daemon = True
            thread.start()
        try:
            self._take_all()
        except (KeyboardInterrupt, Stopped):
            if self._unsent:
                with suppress(OSError):  # the window was closed
                    self._screen.finishing(self._unsent)
            raise
        finally:
            self._finish(threads, reporter)

    def _take_all(self) -> None:
        in_hand: list[str] | None = []
        while not self._is_done():
            room = self._wait_for_room()
            if self._is_done():
                return
            try:
                got, pause = self._session.take(room, in_hand)
            except HooklineError as error:
                self._reconnect(error)
                in_hand = self._held()
                continue
            in_hand = None
            self._hand_out(got)
            if pause and not got:
                time.sleep(pause)

    def _is_done(self) -> bool:
        if self._stopped is not None:
            raise self._stopped
        return self._plan.most is not None and self.taken >= self._plan.most

    def _wait_for_room(self) -> int:
        """How many more to take. Each worker has one, and one waits for it: leases last as long."""
        with self._change:
            self._change.wait_for(lambda: self._has_room() or self._stopped is not None)
            room = 2 * self._plan.workers - self._unsent
        return room if self._plan.most is None else min(room, self._plan.most - self.taken)

    def _has_room(self) -> bool:
        return self._unsent <= self._plan.workers and len(self._in_hand) < MOST_IN_HAND

    def _held(self) -> list[str]:
        with self._change:
            return list(self._in_hand)

    def _hand_out(self, deliveries: list[Delivery]) -> None:
        self.taken += len(deliveries)
        with self._change:
            self._in_hand |= {one.delivery_id for one in deliveries}
            self._unsent += len(deliveries)
        for one in deliveries:
            self._todo.put(one)

    def _reconnect(self, error: HooklineError) -> None:
        """Until the server answers. A listener that has ended meanwhile is started again."""
        began, pause = time.monotonic(), FIRST_PAUSE
        lost = False
        while True:
            if isinstance(error, NotFound):
                try:
                    self._session.start()
                except HooklineError as again:
                    error = again
                else:
                    self._screen.restarted()
                    return
            if _is_final(error):
                raise Stopped(str(error)) from error
            if not lost:
                self._screen.lost(error)
                lost = True
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
            try:
                self._hand_out(self._session.take(self._wait_for_room(), self._held())[0])
            except HooklineError as again:
                error = again
            else:
                self._screen.back(time.monotonic() - began)
                return

    def _work(self) -> None:
        try:
            self._send_all()
        except Exception as error:
            self._stop(error)

    def _stop(self, error: Exception) -> None:
        with self._change:
            self._stopped = self._stopped or error
            self._change.notify_all()

    def _send_all(self) -> None:
        targets = self._plan.make_targets()
        while (delivery := self._todo.get()) is not None:
            answer = targets.send(delivery)
            with self._change:
                self._unsent -= 1
                self._change.notify_all()
            self._screen.delivered(delivery, answer)
            self._results.put(delivery.result(answer))
        targets.close()

    def _report_all(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._next_batch()
            if batch:
                self._report(batch)
                with self._change:
                    self._in_hand -= {one["delivery_id"] for one in batch}
                    self._change.notify_all()

    def _next_batch(self) -> tuple[list[dict[str, Any]], bool]:
        """All that came within `LINGER` of the first."""
        first = self._results.get()
        if first is None:
            return [], True
        batch, ends = [first], time.monotonic() + LINGER
        while len(batch) < MOST_RESULTS:
            try:
                more = self._results.get(timeout=max(0.0, ends - time.monotonic()))
            except queue.Empty:
                return batch, False
            if more is None:
                return batch, True
            batch.append(more)
        return batch, False

    def _report(self, batch: list[dict[str, Any]]) -> None:
        """Until the server has them, or will never take them: then their leases run out."""
        pause, gives_up_at = FIRST_PAUSE, None
        while True:
            try:
                for one in self._session.report(batch):
                    self._screen.followed(one)
                return
            except HooklineError as error:
                if isinstance(error, NotFound):
                    return
                if _is_final(error):
                    self._stop(Stopped(str(error)))
                    return
            if self.is_ending:
                gives_up_at = gives_up_at or time.monotonic() + LAST_REPORT
                if time.monotonic() > gives_up_at:
                    return
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _finish(self, threads: list[threading.Thread], reporter: threading.Thread) -> None:
        """What was taken is sent and reported; what only waits for a worker too."""
        self.is_ending = True
        for _ in threads:
            self._todo.put(None)
        for thread in threads:
            thread.join()
        self._results.put(None)
        reporter.join()


def _is_final(error: HooklineError) -> bool:
    """Whether trying again cannot help."""
    if isinstance(error, Conflict):
        return True
    return isinstance(error, Problem) and error.status < 500 and error.status not in (404, 408, 429)
