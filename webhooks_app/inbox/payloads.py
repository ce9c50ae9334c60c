"""Read what an inbox received: which event it is, who the lead is, and how to show it. Pure.

A request may hold anything, so nothing here fails.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate

import msgspec

from webhooks_app.lib import json_text

LEAD_FIELDS = ("name", "email", "phone", "company", "message")
CONTACTS = {"email", "phone"}
LONGEST_VALUE = 500
STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
BRACKETS = re.compile(rb"[][{}]")
DEEPEST = 32


def parsed(body: bytes) -> object:
    """The JSON's value; None for invalid JSON."""
    try:
        return json_text.read(body)
    except json_text.NOT_JSON:
        return None


def event_name(content: object) -> str:
    """The event's name, such as `lead.captured` or `LEAD_CREATED`; empty without one."""
    if not isinstance(content, dict):
        return ""
    names = (content.get("event"), content.get("type"))
    return next((name for name in names if isinstance(name, str)), "")[:LONGEST_VALUE]


def lead_of(content: object) -> dict[str, str]:
    """The lead's `LEAD_FIELDS` that are present, in the form of the Pollybot document.

    Empty unless there is a way to reach the person, or the event's name says that it is a lead.
    """
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


def _places(content: object) -> Iterator[Mapping[str, object]]:
    """Where formats put a lead: `data.lead`, `data.object` (Stripe's way), `data`, the top."""
    data = content.get("data") if isinstance(content, dict) else None
    inner = (data.get("lead"), data.get("object")) if isinstance(data, dict) else ()
    return (place for place in (*inner, data, content) if isinstance(place, dict))


def pretty(body: bytes, most: int) -> str:
    """Indented JSON with unchanged numbers, or the text. Cut after `most` bytes."""
    if len(body) <= most and (indented := laid_out(body, 2)) is not None:
        return indented.decode(errors="replace")
    cut = "" if len(body) <= most else f"\n… {len(body) - most:,} bytes more"
    return body[:most].decode(errors="replace") + cut


def laid_out(body: bytes, indent: int) -> bytes | None:
    """JSON with that indentation, numbers and texts unchanged; -1 means no line breaks.

    None for invalid JSON, or JSON nested so deeply that indentation would make it huge.
    """
    brackets = BRACKETS.findall(STRINGS.sub(b"", body))
    opened = (1 if bracket in b"[{" else -1 for bracket in brackets)
    if max(accumulate(opened), default=0) > DEEPEST:
        return None
    try:
        return msgspec.json.format(body, indent=indent)
    except msgspec.DecodeError:
        return None
