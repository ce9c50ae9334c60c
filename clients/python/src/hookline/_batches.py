"""The core of both buffers: what to send, what to wait for, and which events have failed."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from hookline._call import Call
from hookline._retry import PASSING, RetryPolicy
from hookline.errors import (
    ConnectionFailed,
    HooklineError,
    IdempotencyKeyInUse,
    Invalid,
    Problem,
    RateLimited,
    ServerError,
    UnexpectedAnswer,
)

log = logging.getLogger("hookline")

FOREVER = RetryPolicy(retries=2**31, first=0.5, longest=30, patience=float("inf"))
TOO_LARGE = 413
EVENTS_IN_BATCH = 500
BYTES_IN_BATCH = 8 * 1024 * 1024
TOO_LATE = ConnectionFailed("There was no time left to send it.")


@dataclass(frozen=True)
class Unsent:
    """An event that was not stored, and why. `content` is its JSON."""

    content: bytes
    error: HooklineError

    @property
    def body(self) -> Mapping[str, Any]:
        """The event as it was to be sent, for `events.send(**body)`."""
        found: Mapping[str, Any] = json.loads(self.content)
        return found


class NotSent(HooklineError):
    """Events were not stored: `events` has each one and why. They are yours again."""

    def __init__(self, events: Sequence[Unsent]) -> None:
        super().__init__(f"{len(events)} events were not stored; the first: {events[0].error}")
        self.events = events


class BufferFull(HooklineError):
    """There was no room within the timeout. The event was not taken."""


class BufferClosed(HooklineError):
    """The buffer was closed. The event was not taken."""


@dataclass(frozen=True)
class Post:
    """Send this once. Its answer is the error, or None."""

    call: Call


@dataclass(frozen=True)
class Pause:
    """Wait for these seconds. Its answer is False when there is no time left."""

    seconds: float


@dataclass(frozen=True)
class Settled:
    """These events are stored, or have failed with `error`. It needs no answer."""

    events: Sequence[bytes]
    error: HooklineError | None = None


class Sending:
    """A batch that is being reported: the events without a result, and those that have failed."""

    def __init__(self, events: Sequence[bytes] = ()) -> None:
        self.left, self.count = [*events], len(events)
        self.failed: list[Unsent] = []

    def add(self, events: Sequence[bytes]) -> None:
        self.left += events
        self.count += len(events)

    def settle(self, step: Settled) -> None:
        settled = {id(one) for one in step.events}  # the texts of two events can be equal
        self.left = [one for one in self.left if id(one) not in settled]
        if step.error is not None:
            self.failed += [Unsent(one, step.error) for one in step.events]

    def give_up(self, error: HooklineError) -> None:
        """What has no result yet fails with this."""
        self.settle(Settled(self.left, error))


class Line:
    """What waits in a buffer, and when a batch of it is due. Whoever has it locks it.

    `taken`, `done` and `hurried` count events: those taken, those with a result, and those that a
    flush waits for.
    """

    def __init__(self, batch: int, delay: float, room: int) -> None:
        if not 1 <= batch <= 1000 or room < batch:
            raise ValueError("A batch has 1 to 1,000 events, and there is room for one at least.")
        self._batch, self._delay, self.room = batch, delay, room
        self.is_closed = False
        self.clear()

    def clear(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.failed: list[Unsent] = []
        self.taken = self.done = self.hurried = 0
        self._oldest = 0.0

    def __len__(self) -> int:
        """How many events wait or are being sent."""
        return self.taken - self.done

    def has_room(self) -> bool:
        return len(self) + len(self.failed) < self.room

    def may_go_on(self) -> bool:
        """Whether `send` need not wait: it takes the event, or raises."""
        return self.is_closed or bool(self.failed) or self.has_room()

    def take(self, content: bytes) -> bool:
        """Whether this may have made a batch due sooner."""
        if not self.waiting:
            self._oldest = time.monotonic()
        self.waiting.append(content)
        self.taken += 1
        return len(self.waiting) in (1, self._batch)

    def is_due(self) -> bool:
        if not self.waiting:
            return False
        is_full = len(self.waiting) >= self._batch
        is_late = time.monotonic() >= self._oldest + self._delay
        return is_full or is_late or self.is_closed or self.done < self.hurried

    def is_over(self) -> bool:
        return self.is_closed and not self.waiting

    def left(self) -> float | None:
        """Seconds until a batch is due; None while nothing waits."""
        return self._oldest + self._delay - time.monotonic() if self.waiting else None

    def next_batch(self) -> Sending:
        """The first ones: as many as a batch, and as many bytes as a request, may have."""
        events = [self.waiting.popleft()]
        size = len(events[0])
        while self.waiting and len(events) < self._batch:
            size += len(self.waiting[0])
            if size > BYTES_IN_BATCH:
                break
            events.append(self.waiting.popleft())
        self._oldest = time.monotonic()
        return Sending(events)

    def raise_failed(self) -> None:
        failed, self.failed = self.failed, []
        if failed:
            raise NotSent(failed)


Step = Post | Pause | Settled
Steps = Generator[Step, HooklineError | bool | None, None]


def reporting(events: Sequence[bytes]) -> Steps:
    """Reports a batch, without doing anything itself: each step says what to do.

    Each event is settled once. A request is stored whole or not at all: the refused events are
    taken out, and the others are sent again under another key.
    """
    rest, key, attempt = [*events], str(uuid4()), 0
    while rest:
        error = yield Post(_call(rest, key))
        if not isinstance(error, HooklineError):
            yield Settled(rest)
            return
        if isinstance(error, Invalid):
            refused = _refused(len(rest), error)
            yield Settled([rest[at] for at in sorted(refused)], error)
            rest = [one for at, one in enumerate(rest) if at not in refused]
            key = str(uuid4())
            continue
        attempt += 1
        if not _is_passing(error):
            yield from _in_halves(rest, error)
            return
        if not (yield Pause(_delay(attempt, error))):
            yield Settled(rest, error)
            return


def _call(events: Sequence[bytes], key: str) -> Call:
    content = b'{"events":[%b]}' % b",".join(events)
    return Call("POST", "/events/batch", raw=content, headers={"Idempotency-Key": key})


def _in_halves(events: Sequence[bytes], error: HooklineError) -> Steps:
    """A proxy may take less than the API does. Nothing else gets better in halves."""
    if getattr(error, "status", 0) != TOO_LARGE or len(events) == 1:
        yield Settled(events, error)
        return
    middle = len(events) // 2
    yield from reporting(events[:middle])
    yield from reporting(events[middle:])


def _is_passing(error: HooklineError) -> bool:
    """The server is away or busy, perhaps with this very batch.

    A page of something else, such as a 404, is neither.
    """
    if isinstance(error, UnexpectedAnswer):
        return error.status in PASSING
    return isinstance(error, ConnectionFailed | IdempotencyKeyInUse | RateLimited | ServerError)


def _refused(count: int, error: Invalid) -> set[int]:
    """The positions that the faults name; all, when a fault names none."""
    found = set()
    for fault in error.errors:
        steps = (fault.pointer or "").split("/")
        if len(steps) < 3 or steps[1] != "events" or not steps[2].isdigit():
            return set(range(count))
        found.add(int(steps[2]))
    return found or set(range(count))


def _delay(attempt: int, error: HooklineError) -> float:
    asked = error.retry_after if isinstance(error, Problem) else None
    log.warning("events wait for the server: %s", error)
    return FOREVER.delay(attempt, asked, 0) or 0
