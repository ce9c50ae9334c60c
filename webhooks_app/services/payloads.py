"""Reading what someone sent to an inbox: which event it is, who the lead is, and how it looks.

Pure. What was sent may be anything, so nothing here fails.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
import orjson

LEAD_FIELDS = ("name", "email", "phone", "company", "message")
CONTACTS = {"email", "phone"}
LONGEST_VALUE = 500


def parsed(body: bytes) -> Any:
    """What the JSON says; None when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def event_name(content: Any) -> str:
    """As `lead.captured` or `LEAD_CREATED`; empty when it names none."""
    if not isinstance(content, dict):
        return ""
    names = (content.get("event"), content.get("type"))
    return next((name for name in names if isinstance(name, str)), "")[:LONGEST_VALUE]


def lead_of(content: Any) -> dict[str, str]:
    """The lead's `LEAD_FIELDS` that are there, as the Pollybot document prints them; none when
    it is not about someone who can be reached, or about a lead by its event's name."""
    about_lead = "lead" in event_name(content).lower()
    for place in _places(content):
        found = {
            name: str(place[name])[:LONGEST_VALUE]
            for name in LEAD_FIELDS
            if isinstance(place.get(name), str | int) and str(place[name]).strip()
        }
        if found and (about_lead or CONTACTS & found.keys()):
            return found
    return {}


def _places(content: Any) -> Iterator[Mapping[str, Any]]:
    """Where formats put a lead: `data.lead`, `data.object` (Stripe's way), `data`, the top."""
    data = content.get("data") if isinstance(content, dict) else None
    inner = (data.get("lead"), data.get("object")) if isinstance(data, dict) else ()
    return (place for place in (*inner, data, content) if isinstance(place, dict))


def pretty(body: bytes, most: int) -> str:
    """JSON indented, its numbers as they came; else the text. Cut after `most` bytes."""
    if len(body) <= most:
        with suppress(msgspec.DecodeError, RecursionError):
            indented = msgspec.json.format(body, indent=2)
            # What is nested deeply would grow by its indentation without bound.
            if len(indented) <= 4 * most:
                return indented.decode(errors="replace")
    cut = "" if len(body) <= most else f"\n… {len(body) - most:,} bytes more"
    return body[:most].decode(errors="replace") + cut
