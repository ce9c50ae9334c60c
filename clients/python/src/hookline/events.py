"""The resource `events`, with its buffer."""

from hookline import resources
from hookline._batches import EVENTS_IN_BATCH
from hookline.buffer import Buffer, OnFailure


class EventsResource(resources.EventsResource):
    """What happened, reported by your backend."""

    def buffer(
        self,
        *,
        batch: int = EVENTS_IN_BATCH,
        delay: float = 0.05,
        room: int = 10_000,
        patience: float = 10,
        on_failure: OnFailure | None = None,
    ) -> Buffer:
        """A queue that reports events in batches in the background: see `Buffer`."""
        return Buffer(
            self._transport,
            batch=batch,
            delay=delay,
            room=room,
            patience=patience,
            on_failure=on_failure,
        )
