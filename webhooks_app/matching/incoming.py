"""Events on their way in, and their results."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Incoming:
    """A valid event that is not stored yet.

    `data` is the JSON text of an object; `subject` is a pair of type and id. `source_id` is the
    producer's own id, `idempotency_key` the key of the request: either makes a repeat harmless.
    `changed` are the changed paths (see `changes`), None if unknown. `hops` is how many of our
    deliveries led to it, one causing the next. `traceparent` is what it keeps of a trace.
    """

    type: str
    data: str
    occurred_at: datetime
    subject: tuple[str, str] | None = None
    source_id: str | None = None
    idempotency_key: str | None = None
    changed: tuple[str, ...] | None = None
    hops: int = 0
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result for an accepted event; a repeat gets the same one."""

    id: str
    type: str
    deliveries: int
    repeated: bool = False

    @property
    def plans_deliveries(self) -> bool:
        """Whether there is something new to send."""
        return self.deliveries > 0 and not self.repeated
