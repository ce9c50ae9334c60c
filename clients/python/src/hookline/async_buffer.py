"""Events reported by a task, in batches, from a queue that never grows without a bound."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Self

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
from hookline._protocols import AsyncSender
from hookline.errors import HooklineError
from hookline.inputs import SubjectBody

log = logging.getLogger("hookline")

GRACE = 10.0  # seconds for `on_failure` after giving up
OnFailure = Callable[[Sequence[Unsent]], Awaitable[None] | None]


class AsyncBuffer:
    """As `Buffer`, for one event loop. `on_failure` may be `async`.

    Close it before the loop ends. What still waits when its task is cancelled has failed: it is
    logged, and passed to `on_failure`. If `on_failure` is cut off, `close` raises `NotSent`.
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
        self._line = Line(batch, delay, room)
        self._sender, self._on_failure = sender, on_failure
        self._sending = Sending()
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
                    await self._changed.wait_for(self._line.may_go_on)
            except TimeoutError as error:
                raise BufferFull(f"{self._line.room} events wait already.") from error
            if self._line.is_closed:
                raise BufferClosed("The buffer is closed.")
            if not self._line.has_room():
                self._line.raise_failed()
            self._take(content)

    async def flush(self, timeout: float | None = None) -> None:
        """Waits until everything taken so far is stored or has failed.

        Raises TimeoutError, and NotSent when events failed and there is no `on_failure`.
        """
        try:
            async with asyncio.timeout(timeout), self._changed:
                wanted = self._line.hurried = self._line.taken
                self._changed.notify_all()
                await self._changed.wait_for(lambda: self._line.done >= wanted)
        except TimeoutError:
            self._line.raise_failed()
            raise
        self._line.raise_failed()

    async def close(self, timeout: float | None = None) -> None:
        """Reports what waits, and accepts nothing new. After `timeout` seconds it gives up.

        `on_failure` has ten seconds then. Raises NotSent for what was not stored, when there is no
        `on_failure` or it was cut off.
        """
        async with self._changed:
            self._line.is_closed = True
            self._changed.notify_all()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=timeout)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task})
        self._line.raise_failed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __len__(self) -> int:
        """How many events wait or are being sent."""
        return len(self._line)

    def _take(self, content: bytes) -> None:
        if self._line.take(content):
            self._changed.notify_all()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="hookline")

    async def _run(self) -> None:
        try:
            while await self._next_batch():
                why: HooklineError = TOO_LATE
                try:
                    await self._report()
                except Exception as error:  # a fault of ours must not lose events silently
                    log.exception("reporting failed")
                    why = HooklineError(f"The client failed: {error!r}")
                await self._ended(why)
        except asyncio.CancelledError:
            self._line.is_closed = True
            self._sending.add(self._line.waiting)
            self._line.waiting.clear()
            await self._ended(TOO_LATE, GRACE)
            raise

    async def _next_batch(self) -> bool:
        """Waits for one; False when the buffer is closed and nothing waits."""
        async with self._changed:
            while not self._line.is_due():
                if self._line.is_over():
                    return False
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._line.left()):
                        await self._changed.wait()
            self._sending = self._line.next_batch()
            return True

    async def _report(self) -> None:
        steps = reporting(self._sending.left)
        came: HooklineError | bool | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration:
                return
            came = await self._do(step)

    async def _do(self, step: Step) -> HooklineError | bool | None:
        match step:
            case Post():
                return await self._post(step)
            case Pause():
                await asyncio.sleep(step.seconds)
                return True
            case Settled():
                self._sending.settle(step)
                return None

    async def _post(self, step: Post) -> HooklineError | None:
        try:
            await self._sender.once(step.call)
        except HooklineError as error:
            return error
        return None

    async def _ended(self, why: HooklineError, grace: float | None = None) -> None:
        """What still has no result has failed, because of `why`."""
        sent, self._sending = self._sending, Sending()
        sent.give_up(why)
        try:
            await self._hand_back(sent.failed, grace)
        finally:
            self._line.done += sent.count
            async with self._changed:
                self._changed.notify_all()

    async def _hand_back(self, failed: list[Unsent], grace: float | None) -> None:
        if not failed:
            return
        log.error("%s", NotSent(failed))
        if self._on_failure is None:
            self._line.failed += failed
            return
        task = asyncio.create_task(_pass_on(failed, self._on_failure), name="hookline-failure")
        try:
            await asyncio.wait({task}, timeout=grace)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=GRACE)
            raise
        finally:
            if not task.done() or task.cancelled():
                task.cancel()
                log.error("on_failure was cut off; %d events were not stored", len(failed))
                self._line.failed += failed


async def _pass_on(failed: Sequence[Unsent], on_failure: OnFailure) -> None:
    """In a task of its own: what ends the buffer's task does not end this one."""
    try:
        result = on_failure(failed)
        if inspect.isawaitable(result):
            await result
    except Exception:
        log.exception("on_failure failed; %d events were not stored", len(failed))
