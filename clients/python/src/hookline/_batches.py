"""Reports one batch of events, until each of them is stored or has failed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from hookline._call import Call
from hookline._protocols import Sender
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


class Reporter:
    """`pause` waits for some seconds, and returns False when there is no time left.

    `left` says how many seconds are left, or None while there is no limit.
    """

    def __init__(
        self,
        sender: Sender,
        pause: Callable[[float], bool],
        left: Callable[[], float | None],
    ) -> None:
        self._sender, self._pause, self._left = sender, pause, left

    def report(self, events: Sequence[bytes]) -> list[Unsent]:
        """Returns the events that the server refused, or that ran out of time.

        A batch is stored whole or not at all: the refused events are taken out, and the others
        are sent again under another key.
        """
        failed: list[Unsent] = []
        rest, key, attempt = [*events], str(uuid4()), 0
        while rest:
            try:
                self._post(rest, key)
                return failed
            except Invalid as error:
                refused = _refused(len(rest), error)
                failed += [Unsent(rest[at], error) for at in sorted(refused)]
                rest = [one for at, one in enumerate(rest) if at not in refused]
                key = str(uuid4())
            except HooklineError as error:
                attempt += 1
                if not _is_passing(error):
                    return failed + self._in_halves(rest, error)
                if not self._pause(_delay(attempt, error)):
                    return failed + [Unsent(one, error) for one in rest]
        return failed

    def _post(self, events: Sequence[bytes], key: str) -> None:
        content = b'{"events":[%b]}' % b",".join(events)
        headers = {"Idempotency-Key": key}
        call = Call("POST", "/events/batch", raw=content, headers=headers)
        self._sender.once(call, self._left())

    def _in_halves(self, events: Sequence[bytes], error: HooklineError) -> list[Unsent]:
        """A proxy may take less than the API does. Nothing else gets better in halves."""
        if getattr(error, "status", 0) != TOO_LARGE or len(events) == 1:
            return [Unsent(one, error) for one in events]
        middle = len(events) // 2
        return self.report(events[:middle]) + self.report(events[middle:])


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
