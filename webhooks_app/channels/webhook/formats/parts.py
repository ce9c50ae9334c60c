"""Pieces of envelopes: JSON text, ready to be put together."""

from datetime import datetime

import orjson

from webhooks_app.channels.webhook.formats.contract import EventView


def quoted(text: str | None) -> bytes:
    """A JSON string, or null."""
    return orjson.dumps(text)


def moment(at: datetime) -> bytes:
    """RFC 3339 in UTC with milliseconds, as a JSON string."""
    return b'"%b"' % at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def unix(at: datetime) -> bytes:
    """Whole Unix seconds."""
    return b"%d" % int(at.timestamp())


def subject(event: EventView) -> bytes:
    """`{"type", "id"}`, or null for an event without a subject."""
    if event.subject_type is None:
        return b"null"
    return b'{"type":%b,"id":%b}' % (quoted(event.subject_type), quoted(event.subject_id))
