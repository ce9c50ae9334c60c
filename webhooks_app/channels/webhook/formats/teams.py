"""A message for an incoming webhook or workflow of Microsoft Teams: an Adaptive Card 1.4.

A `RichTextBlock` shows its text unchanged, while a `TextBlock` reads Markdown.
"""

import orjson

from webhooks_app.channels.readable import title_of, units
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.people import (
    facts_of,
    fitting,
    footer_of,
)
from webhooks_app.channels.webhook.formats.unsigned import Unsigned

ROOM, OVERHEAD = 20_000, 160  # in bytes, with the JSON around each text; Teams accepts 28 KB
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CARD = "application/vnd.microsoft.card.adaptive"

Json = dict[str, object]


class Teams(Unsigned):
    name = "teams"
    label = "Microsoft Teams"

    def envelope(self, event: EventView) -> bytes:
        facts = fitting(facts_of(event), ROOM, _size)
        body = [
            _block(_run(title_of(event.type), size="Large", weight="Bolder")),
            *(_block(_run(f"{label}: ", weight="Bolder"), _run(value)) for label, value in facts),
            _block(_run(footer_of(event), size="Small", isSubtle=True)),
        ]
        card = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": "1.4", "body": body}
        attachment = {"contentType": CARD, "contentUrl": None, "content": card}
        return orjson.dumps({"type": "message", "attachments": [attachment]})


def _size(text: str) -> int:
    """In UTF-8 or UTF-16, whichever is longer: the documentation does not say which counts."""
    return max(len(orjson.dumps(text)), 2 * units(text)) + OVERHEAD


def _block(*runs: Json) -> Json:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **style: object) -> Json:
    return {"type": "TextRun", "text": text, **style}
