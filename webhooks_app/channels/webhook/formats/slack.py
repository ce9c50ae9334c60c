"""A message for an incoming webhook of Slack (docs.slack.dev, "Block Kit").

Labels and values are `plain_text`, so nothing in them acts as markup or a mention.
"""

from collections.abc import Sequence

import orjson

from webhooks_app.channels.readable import cut, title_of
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.people import (
    Fact,
    facts_of,
    footer_of,
    summary_of,
)
from webhooks_app.channels.webhook.formats.unsigned import Unsigned

LONGEST_HEADER = 150
FACTS_IN_SECTION = 5  # a section has at most ten fields, and a fact takes two: label and value
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Slack(Unsigned):
    name = "slack"
    label = "Slack"

    def envelope(self, event: EventView) -> bytes:
        facts = facts_of(event)
        blocks: list[dict[str, object]] = [
            {"type": "header", "text": _plain(cut(title_of(event.type), LONGEST_HEADER))},
            *(
                _section(facts[start : start + FACTS_IN_SECTION])
                for start in range(0, len(facts), FACTS_IN_SECTION)
            ),
            {"type": "context", "elements": [_plain(footer_of(event))]},
        ]
        summary = summary_of(event, facts).translate(ESCAPES)
        return orjson.dumps({"text": summary, "mrkdwn": False, "blocks": blocks})


def _section(facts: Sequence[Fact]) -> dict[str, object]:
    return {"type": "section", "fields": [_plain(text) for fact in facts for text in fact]}


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text.translate(ESCAPES), "emoji": False}
