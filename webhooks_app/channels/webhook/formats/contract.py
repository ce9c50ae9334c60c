"""What a wire format is given, and what it answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class EventView(msgspec.Struct, frozen=True):
    """An event as formats see it. `data` is the producer's JSON text, put into the envelope as it
    is; `occurred_at` is aware, in UTC."""

    id: str
    type: str
    occurred_at: datetime
    organisation_id: str
    subject_type: str | None
    subject_id: str | None
    data: bytes


class WireFormat(Protocol):
    """The same event always gives the same bytes, now and in every later version: retries and
    replays rely on it. A change of a format is a new format."""

    name: str

    def envelope(self, event: EventView) -> bytes:
        """The body."""
        ...

    def headers(
        self,
        secrets: Sequence[str],
        delivery_id: str,
        timestamp: int,
        body: bytes,
        event_type: str,
    ) -> dict[str, str]:
        """Content type and signature. `secrets` newest first; `timestamp` in Unix seconds."""
        ...
