"""A message for an incoming webhook of Discord (discord.com/developers, "Execute Webhook")."""

import re

import orjson

from webhooks_app.channels.readable import cut, title_of, units
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.people import (
    facts_of,
    fitting,
    footer_of,
)
from webhooks_app.channels.webhook.formats.unsigned import Unsigned

LONGEST_TITLE = 120  # of 256, since escapes may double the length
LONGEST_EMBED = 5500  # Discord accepts 6000 in all texts of an embed together
SHORT = 40

# A bare link is shown unchanged, so it gets no backslashes; a hyphen matters only at the start of a
# line.
LINK_OR_MARKUP = re.compile(r"(https?://[^\s\\*~`|<>\[\]()]+)|^([ ]*)-|([\\*_~`|<>\[\]()#@])", re.M)


class Discord(Unsigned):
    name = "discord"
    label = "Discord"

    def envelope(self, event: EventView) -> bytes:
        title, footer = _escaped(cut(title_of(event.type), LONGEST_TITLE)), footer_of(event)
        room = LONGEST_EMBED - units(title) - units(footer)
        fields = [
            {"name": _escaped(label), "value": _escaped(value), "inline": len(value) < SHORT}
            for label, value in fitting(facts_of(event), room, lambda text: units(_escaped(text)))
        ]
        embed = {"title": title, "fields": fields, "footer": {"text": footer}}
        return orjson.dumps({"embeds": [embed], "allowed_mentions": {"parse": []}})


def _escaped(text: str) -> str:
    return LINK_OR_MARKUP.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    link, indent, markup = found.groups()
    if link:
        return str(link)
    return f"{indent}\\-" if markup is None else f"\\{markup}"
