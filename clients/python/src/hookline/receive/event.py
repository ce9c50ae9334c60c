"""What a webhook sent, the same for every wire format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Subject:
    """What an event is about."""

    type: str
    id: str


@dataclass(frozen=True)
class Event:
    """A verified request.

    `delivery_id` is the same on every attempt. `type` is the name that the format sends:
    `lead.captured`, but `LEAD_CREATED` in `pollybot`. What a format does not send is None.
    `payload` is the whole body, `body` its bytes.
    """

    delivery_id: str
    type: str
    data: Mapping[str, Any]
    wire_format: str
    event_id: str | None = None
    occurred_at: datetime | None = None
    subject: Subject | None = None
    payload: Any = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)


def moment(value: object) -> datetime | None:
    """From RFC 3339 or Unix seconds; None for anything else."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def subject(value: object) -> Subject | None:
    """From `{"type", "id"}`, or from CloudEvents' `type/id`."""
    if isinstance(value, Mapping) and "type" in value and "id" in value:
        return Subject(str(value["type"]), str(value["id"]))
    if isinstance(value, str) and "/" in value:
        kind, _, id_ = value.partition("/")
        return Subject(kind, id_)
    return None


def chatbot(value: object) -> Subject | None:
    return Subject("chatbot", value) if isinstance(value, str) else None
