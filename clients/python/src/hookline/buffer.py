"""Events reported in the background, in batches, from a queue that never grows without a bound."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from weakref import WeakSet

from hookline._batches import (
    EVENTS_IN_BATCH,
    TOO_LATE,
    BufferClosed,
    BufferFull,
    Line,
    NotSent,
    Pause,
    Post,
    Sending,
    Settled,
    Step,
    Unsent,
    reporting,
)
from hookline._call import UNSET, Unset, encode, given
from hookline._protocols import Sender
from hookline.errors import HooklineError
from hookline.inputs import SubjectBody

log = logging.getLogger("hookline")

GRACE = 0.5  # seconds beyond a timeout for a request that ends with it
OnFailure = Callable[[Sequence[Unsent]], None]


class Buffer:
    """Takes events at once and reports them in batches from a thread of its own.

    - A batch goes out when it has `batch` events, or `delay` seconds after its first one.
    - At most `room` events wait. Then `send` blocks, for `timeout` seconds at most.
    - While the server cannot be reached, or is busy, a batch is tried again and again.
    - An event that the server refuses is logged, and passed to `on_failure` with the reason.
      Without `on_failure` it is kept, and takes room, until `flush` or `close` raises `NotSent`
      with all of them. `send` does so too when they leave no room.
    - `close` reports what waits. So does the end of the program, for up to `patience` seconds.

    A killed process loses what still waits. To lose nothing then either, store events in your own
    database, in the transaction of what they are about, and report them from there.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        batch: int = EVENTS_IN_BATCH,
        delay: float = 0.05,
        room: int = 10_000,
        patience: float = 10,
        on_failure: OnFailure | None = None,
    ) -> None:
        self._line = Line(batch, delay, room)
        self._sender = sender
        self._patience, self._on_failure = patience, on_failure
        self._start()
        atexit.register(self._at_exit)
        EVERY.add(self)

    def _start(self) -> None:
        """Also in a forked child: what waited belongs to the parent, which sends it."""
        self._line.clear()
        self._sending = Sending()
        self._deadline: float | None = None
        self._has_given_up = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def send(
        self,
        type: str,
        data: Mapping[str, Any],
        *,
        subject: SubjectBody | Unset | None = UNSET,
        chatbot_id: str | Unset | None = UNSET,
        id: str | Unset | None = UNSET,
        timestamp: datetime | str | Unset | None = UNSET,
        changed: Sequence[str] | Unset | None = UNSET,
        timeout: float | None = None,
    ) -> None:
        """Takes an event, with the members of `events.send`.

        Raises BufferFull, BufferClosed, and TypeError or ValueError for what cannot be JSON.
        Raises NotSent with earlier events when those that failed leave no room. In all cases the
        event of this call was not taken.
        """
        content = encode(
            given(
                type=type,
                data=data,
                subject=subject,
                chatbot_id=chatbot_id,
                id=id,
                timestamp=timestamp,
                changed=changed,
            )
        )
        with self._changed:
            if not self._changed.wait_for(self._line.may_go_on, timeout):
                raise BufferFull(f"{self._line.room} events wait already.")
            if self._line.is_closed:
                raise BufferClosed("The buffer is closed.")
            if not self._line.has_room():
                self._line.raise_failed()
            self._take(content)

    def flush(self, timeout: float | None = None) -> None:
        """Waits until everything taken so far is stored or has failed.

        Raises TimeoutError, and NotSent when events failed and there is no `on_failure`.
        """
        with self._changed:
            wanted = self._line.hurried = self._line.taken
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: self._line.done >= wanted, timeout)
        self._raise_failed()
        if not done:
            raise TimeoutError("Events still wait.")

    def close(self, timeout: float | None = None) -> None:
        """Reports what waits, and accepts nothing new. After about `timeout` seconds it gives up.

        Raises NotSent for what was not stored, when there is no `on_failure`.
        """
        atexit.unregister(self._at_exit)
        with self._changed:
            self._line.is_closed = True
            self._deadline = None if timeout is None else time.monotonic() + timeout
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(None if timeout is None else timeout + GRACE)
            if self._thread.is_alive():
                self._give_up()
        self._raise_failed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many events wait or are being sent."""
        with self._changed:
            return len(self._line)

    def _at_exit(self) -> None:
        try:
            self.close(self._patience)
        except NotSent as error:
            log.error("%s", error)

    def _raise_failed(self) -> None:
        with self._changed:
            self._line.raise_failed()

    def _give_up(self) -> None:
        """Whatever the request that still runs brings, nobody waits for it any more."""
        with self._changed:
            self._sending.give_up(TOO_LATE)
            failed = [*self._sending.failed, *(Unsent(one, TOO_LATE) for one in self._line.waiting)]
            self._has_given_up = True
            self._line.waiting.clear()
            self._line.done = self._line.taken
        self._hand_back(failed)

    def _take(self, content: bytes) -> None:
        if self._line.take(content):
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hookline", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while self._next_batch():
            why: HooklineError = TOO_LATE
            try:
                if self._deadline is None or time.monotonic() < self._deadline:
                    self._report()
            except Exception as error:  # a fault of ours must not lose events silently
                log.exception("reporting failed")
                why = HooklineError(f"The client failed: {error!r}")
            self._ended(why)

    def _report(self) -> None:
        steps = reporting(self._sending.left)
        came: HooklineError | bool | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration:
                return
            came = self._do(step)

    def _do(self, step: Step) -> HooklineError | bool | None:
        match step:
            case Post():
                return self._post(step)
            case Pause():
                return self._pause(step.seconds)
            case Settled():
                with self._changed:
                    self._sending.settle(step)
                return None

    def _post(self, step: Post) -> HooklineError | None:
        try:
            self._sender.once(step.call, self._left())
        except HooklineError as error:
            return error
        return None

    def _next_batch(self) -> bool:
        """Waits for one; False when the buffer is closed and nothing waits."""
        with self._changed:
            while not self._line.is_due():
                if self._line.is_over():
                    return False
                self._changed.wait(self._line.left())
            self._sending = self._line.next_batch()
            return True

    def _ended(self, why: HooklineError) -> None:
        """What still has no result has failed, because of `why`."""
        with self._changed:
            if self._has_given_up:
                return
            sent, self._sending = self._sending, Sending()
            sent.give_up(why)
        self._hand_back(sent.failed)
        with self._changed:
            if not self._has_given_up:  # it counted all of them
                self._line.done += sent.count
            self._changed.notify_all()

    def _hand_back(self, failed: list[Unsent]) -> None:
        if not failed:
            return
        log.error("%s", NotSent(failed))
        if self._on_failure is None:
            with self._changed:
                self._line.failed += failed
            return
        try:
            self._on_failure(failed)
        except Exception:
            log.exception("on_failure failed; %d events were not stored", len(failed))

    def _left(self) -> float | None:
        """Seconds until the buffer gives up; None while it does not."""
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0)

    def _pause(self, delay: float) -> bool:
        """False when the buffer is being closed and its time is over."""
        until = time.monotonic() + delay
        with self._changed:
            while (left := until - time.monotonic()) > 0:
                if self._deadline is not None:
                    left = min(left, self._deadline - time.monotonic())
                    if left <= 0:
                        return False
                self._changed.wait(left)
        return True


EVERY: WeakSet[Buffer] = WeakSet()


def _start_in_child() -> None:
    """Before the child has a second thread that could do the same."""
    for one in list(EVERY):
        one._start()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_start_in_child)
