"""Pieces of envelopes: JSON text, ready to be put together."""

from datetime import datetime

import orjson

from webhooks_app.channels.webhook.formats.contract import EventView


def quoted(text: str | None) -> bytes:
    """A JSON string, or null."""
    return orjson.dumps(text)


def moment(at: datetime) -> bytes:
    """RFC 3339 with milliseconds, as a JSON string. `at` is in UTC."""
    text = orjson.dumps(at, option=orjson.OPT_UTC_Z)
    return text[:24] + b'Z"' if at.microsecond else text[:20] + b'.000Z"'


def unix(at: datetime) -> bytes:
    """Whole Unix seconds."""
    return b"%d" % int(at.timestamp())


def subject(event: EventView) -> bytes:
    """`{"type", "id"}`, or null for an event without a subject."""
    if event.subject_type is None:
        return b"null"
    return b'{"type":%b,"id":%b}' % (quoted(event.subject_type), quoted(event.subject_id))
