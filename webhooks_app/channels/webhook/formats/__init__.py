"""Wire formats: the envelope, the headers and the signature. One small module each, all pure."""

from collections.abc import Mapping

from webhooks_app.channels.webhook.formats.contract import EventView, WireFormat
from webhooks_app.channels.webhook.formats.standard import Standard

FORMATS: Mapping[str, WireFormat] = {format_.name: format_ for format_ in (Standard(),)}


def wire_format(name: str) -> WireFormat:
    """Raises ValueError for a name that is none."""
    try:
        return FORMATS[name]
    except KeyError as error:
        raise ValueError(f"The wire format is one of: {', '.join(FORMATS)}.") from error


__all__ = ["FORMATS", "EventView", "WireFormat", "wire_format"]
