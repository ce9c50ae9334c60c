"""The core of both buffers: what to send, what to wait for, and which events have failed."""

from __future__ import annotations

import json
import logging
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


def take_batch(waiting: deque[bytes], most: int) -> list[bytes]:
    """Takes out the first ones: `most`, and as many bytes as a request may have."""
    taken = [waiting.popleft()]
    size = len(taken[0])
    while waiting and len(taken) < most:
        size += len(waiting[0])
        if size > BYTES_IN_BATCH:
            break
        taken.append(waiting.popleft())
    return taken


def check_sizes(batch: int, room: int) -> None:
    if not 1 <= batch <= 1000 or room < batch:
        raise ValueError("A batch has 1 to 1,000 events, and there is room for one at least.")


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
