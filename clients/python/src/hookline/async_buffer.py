"""Events reported by a task, in batches, from a queue that never grows without a bound."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Self

from hookline._batches import (
    EVENTS_IN_BATCH,
    TOO_LATE,
    BufferClosed,
    BufferFull,
    NotSent,
    Post,
    Unsent,
    check_sizes,
    reporting,
    take_batch,
)
from hookline._call import UNSET, Unset, encode, given
from hookline._protocols import AsyncSender
from hookline.errors import HooklineError
from hookline.inputs import SubjectBody

log = logging.getLogger("hookline")
OnFailure = Callable[[Sequence[Unsent]], Awaitable[None] | None]


class AsyncBuffer:
    """As `Buffer`, for one event loop. `on_failure` may be `async`.

    Close it before the loop ends. What still waits when its task is cancelled has failed: it is
    logged, and passed to `on_failure`.
    """

    def __init__(
        self,
        sender: AsyncSender,
        *,
        batch: int = EVENTS_IN_BATCH,
        delay: float = 0.05,
        room: int = 10_000,
        on_failure: OnFailure | None = None,
    ) -> None:
        check_sizes(batch, room)
        self._sender, self._on_failure = sender, on_failure
        self._batch, self._delay, self._room = batch, delay, room
        self._waiting: deque[bytes] = deque()
        self._sending: list[bytes] = []
        self._failed: list[Unsent] = []
        self._taken = self._done = self._hurried = 0  # counts of events
        self._oldest = 0.0
        self._closed = False
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def send(
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
        """Takes an event, with the members of `events.send`. Raises what `Buffer.send` does."""
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
        async with self._changed:
            try:
                async with asyncio.timeout(timeout):
                    await self._changed.wait_for(self._may_go_on)
            except TimeoutError as error:
                raise BufferFull(f"{self._room} events wait already.") from error
            if self._closed:
                raise BufferClosed("The buffer is closed.")
            if not self._has_room():
                self._raise_failed()
            self._take(content)

    async def flush(self, timeout: float | None = None) -> None:
        """Waits until everything taken so far is stored or has failed.

        Raises TimeoutError, and NotSent when events failed and there is no `on_failure`.
        """
        try:
            async with asyncio.timeout(timeout), self._changed:
                wanted = self._hurried = self._taken
                self._changed.notify_all()
                await self._changed.wait_for(lambda: self._done >= wanted)
        except TimeoutError:
            self._raise_failed()
            raise
        self._raise_failed()

    async def close(self, timeout: float | None = None) -> None:
        """Reports what waits, and accepts nothing new. After `timeout` seconds it gives up.

        Raises NotSent for what was not stored, when there is no `on_failure`.
        """
        async with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=timeout)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task})
        self._raise_failed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __len__(self) -> int:
        """How many events wait or are being sent."""
        return self._taken - self._done

    def _raise_failed(self) -> None:
        failed, self._failed = self._failed, []
        if failed:
            raise NotSent(failed)

    def _has_room(self) -> bool:
        return len(self) + len(self._failed) < self._room

    def _may_go_on(self) -> bool:
        return self._closed or bool(self._failed) or self._has_room()

    def _take(self, content: bytes) -> None:
        if not self._waiting:
            self._oldest = time.monotonic()
        self._waiting.append(content)
        self._taken += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="hookline")
        if len(self._waiting) in (1, self._batch):
            self._changed.notify_all()

    async def _run(self) -> None:
        try:
            while await self._next_batch():
                try:
                    failed = await self._report(self._sending)
                except Exception as error:  # a fault of ours must not lose events silently
                    log.exception("reporting failed")
                    fault = HooklineError(f"The client failed: {error!r}")
                    failed = [Unsent(one, fault) for one in self._sending]
                await self._ended(failed)
        except asyncio.CancelledError:
            self._closed = True
            self._sending += self._waiting
            self._waiting.clear()
            await self._ended([Unsent(one, TOO_LATE) for one in self._sending])
            raise

    async def _next_batch(self) -> bool:
        """Waits for one; False when the buffer is closed and nothing waits."""
        async with self._changed:
            while not self._is_due():
                if self._closed and not self._waiting:
                    return False
                left = self._oldest + self._delay - time.monotonic() if self._waiting else None
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._changed.wait()
            self._sending = take_batch(self._waiting, self._batch)
            self._oldest = time.monotonic()
            return True

    def _is_due(self) -> bool:
        if not self._waiting:
            return False
        is_full = len(self._waiting) >= self._batch
        is_late = time.monotonic() >= self._oldest + self._delay
        return is_full or is_late or self._closed or self._done < self._hurried

    async def _report(self, events: Sequence[bytes]) -> list[Unsent]:
        steps = reporting(events)
        came: HooklineError | bool | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                failed: list[Unsent] = end.value
                return failed
            came = await self._post(step) if isinstance(step, Post) else await _wait(step.seconds)

    async def _post(self, step: Post) -> HooklineError | None:
        try:
            await self._sender.once(step.call)
        except HooklineError as error:
            return error
        return None

    async def _ended(self, failed: list[Unsent]) -> None:
        count, self._sending = len(self._sending), []
        await self._hand_back(failed)
        async with self._changed:
            self._done += count
            self._changed.notify_all()

    async def _hand_back(self, failed: list[Unsent]) -> None:
        if not failed:
            return
        log.error("%s", NotSent(failed))
        if self._on_failure is None:
            self._failed += failed
            return
        try:
            result = self._on_failure(failed)
            if inspect.isawaitable(result):
                await result
        except Exception:
            log.exception("on_failure failed; %d events were not stored", len(failed))


async def _wait(seconds: float) -> bool:
    await asyncio.sleep(seconds)
    return True
