"""What a wire format is given, and what it answers."""

from collections.abc import Mapping, Sequence
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

    def subject_of_type(self, subject_type: str) -> str | None:
        """The id of what it is about, when that is of this type."""
        return self.subject_id if self.subject_type == subject_type else None


class WireFormat(Protocol):
    """The same event always gives the same bytes, now and in every later version: retries and
    replays rely on it. A change of a format is a new format.

    `encoded_secret`: the key is what `whsec_` encodes in base 64, not the secret's text.
    `signs_with_each`: while a secret rotates there is a signature by each of the two; else there
    is room for one, by the newest.
    """

    name: str
    label: str
    content_type: str
    encoded_secret: bool
    signs_with_each: bool

    @property
    def signature_header(self) -> str | None:
        """In lower case; None where nothing is signed, as for a chat service."""
        ...

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

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """Check a received request; `headers` by lower-case name. Raises `BadSignature`."""
        ...
