"""One line that tells an event from others of its type: `Ada · ada@example.com`. Pure."""

from collections.abc import Iterator

from webhooks_app.catalogue import event_type
from webhooks_app.lib import json_text

MOST_PARTS = 2
LONGEST_PART = 120
# For the types that an organisation registered: what most objects are called by.
USUAL = ("name", "title", "email", "subject", "text", "message", "number", "status", "id")


def summary_of(name: str, start: str) -> str:
    """The line for an event of type `name`, whose data begins with `start`; empty if it has no such
    fields.
    """
    data = json_text.read_start(start)
    if not isinstance(data, dict):
        return ""
    kind = event_type(name)
    object_name = name.partition(".")[0]
    fields = (kind.summary if kind else ()) or USUAL
    places = [place for place in (data, data.get(object_name)) if isinstance(place, dict)]
    parts = [part for field in fields for place in places for part in _parts(place, field)]
    return " · ".join(list(dict.fromkeys(parts))[:MOST_PARTS])


def _parts(place: object, field: str) -> Iterator[str]:
    for key in field.split("."):
        place = place.get(key) if isinstance(place, dict) else None
    if isinstance(place, str | int | float) and not isinstance(place, bool):
        text = " ".join(str(place)[: LONGEST_PART + 1].split())
        if text:
            yield text if len(text) <= LONGEST_PART else f"{text[: LONGEST_PART - 1]}…"
