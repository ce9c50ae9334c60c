"""The contract of a wire format: what it gets and returns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class EventView(msgspec.Struct, frozen=True):
    """An event as formats see it.

    `data` is the producer's JSON text, which goes into the envelope unchanged; `occurred_at` is
    aware, in UTC.
    """

    id: str
    type: str
    occurred_at: datetime
    organisation_id: str
    subject_type: str | None
    subject_id: str | None
    data: bytes

    def subject_of_type(self, subject_type: str) -> str | None:
        """The subject's id, if the subject is of this type."""
        return self.subject_id if self.subject_type == subject_type else None


class WireFormat(Protocol):
    """A wire format. The same event gives the same bytes now and in every later version.

    Retries and replays rely on that, so a changed format is a new format. `encoded_secret`: the key
    is what `whsec_` encodes in base 64, not the secret's text. `signs_with_each`: during a rotation
    both secrets sign; otherwise only the newest does.
    """

    name: str
    label: str
    content_type: str
    encoded_secret: bool
    signs_with_each: bool

    @property
    def signature_header(self) -> str | None:
        """The name of the signature header in lower case; None if nothing is signed, as for chat
        services.
        """
        ...

    def envelope(self, event: EventView) -> bytes:
        """The request body."""
        ...

    def headers(
        self,
        secrets: Sequence[str],
        delivery_id: str,
        timestamp: int,
        body: bytes,
        event: EventView,
    ) -> dict[str, str]:
        """Content type and signature. `secrets` newest first; `timestamp` in Unix seconds."""
        ...

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
        """Check a received request; `headers` are by lower-case name. Raises `BadSignature`."""
        ...
