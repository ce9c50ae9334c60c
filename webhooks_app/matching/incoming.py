"""What enters the pipeline."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Incoming:
    """A valid event that is not stored yet.

    `data` is the JSON text of an object; `subject` a pair of type and id. `source_id` is the
    producer's own id, `idempotency_key` the key of the request: either makes a repeat harmless.
    `changed` are the paths of what changed (see `changes`), None when nobody knows. `hops` is how
    many deliveries of ours led to it, one causing the next.
    """

    type: str
    data: str
    occurred_at: datetime
    subject: tuple[str, str] | None = None
    source_id: str | None = None
    idempotency_key: str | None = None
    changed: tuple[str, ...] | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accepted event became; the same again for a repeat."""

    id: str
    type: str
    deliveries: int
    repeated: bool = False

    @property
    def plans_deliveries(self) -> bool:
        """Is there something new to send?"""
        return self.deliveries > 0 and not self.repeated
