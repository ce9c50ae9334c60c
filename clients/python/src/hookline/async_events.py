"""The resource `events` for asyncio, with its buffer."""

from hookline import async_resources
from hookline._batches import EVENTS_IN_BATCH
from hookline.async_buffer import AsyncBuffer, OnFailure


class AsyncEventsResource(async_resources.AsyncEventsResource):
    """What happened, reported by your backend."""

    def buffer(
        self,
        *,
        batch: int = EVENTS_IN_BATCH,
        delay: float = 0.05,
        room: int = 10_000,
        on_failure: OnFailure | None = None,
    ) -> AsyncBuffer:
        """A queue that reports events in batches in the background: see `AsyncBuffer`."""
        return AsyncBuffer(
            self._transport, batch=batch, delay=delay, room=room, on_failure=on_failure
        )
