"""JSON as HTML that is coloured and folds, every number and text as it came."""

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from webhooks_app.inbox.payloads import laid_out, pretty

# More would be slow to draw; the whole is a click away.
LARGEST = 64 * 1024
MOST_LINES = 1500
LINE = re.compile(r' *(?:("(?:[^"\\]|\\.)*")(: ))?(.*?)(,?)')
OPENED = Markup('<details open><summary>{}{}</summary><div class="in">')
WHOLE = Markup('<details open class="whole"><summary>{}{}</summary><div class="in">')
KINDS = {'"': "s", "t": "w", "f": "w", "n": "w"}


def shown(body: bytes) -> Markup:
    """A body to read: folding where it is JSON, else the text."""
    laid = laid_out(body, 2) if len(body) <= LARGEST else None
    lines = laid.decode(errors="replace").split("\n") if laid is not None else []
    if not 0 < len(lines) <= MOST_LINES:
        return Markup('<div class="json">{}</div>').format(pretty(body, LARGEST))
    return Markup('<div class="json">') + Markup("").join(_lines(lines)) + Markup("</div>")


def shown_text(text: str) -> Markup:
    """The same of what is a text already."""
    return shown(text.encode(errors="replace"))


def _lines(lines: list[str]) -> Iterator[Markup]:
    for number, line in enumerate(lines):
        found = LINE.fullmatch(line)
        key, colon, value, comma = found.groups("") if found else ("", "", line, "")
        named = Markup('<span class="k">{}</span>{}').format(key, colon) if key else Markup("")
        if value in ("{", "["):
            yield (OPENED if number else WHOLE).format(named, value)
        elif value in ("}", "]"):
            yield Markup("</div>{}{}</details>").format(value, comma)
        else:
            yield Markup("<div>") + named + _scalar(value) + escape(comma) + Markup("</div>")


def _scalar(value: str) -> Markup:
    kind = KINDS.get(value[:1], "n")
    return Markup('<span class="{}">{}</span>').format(kind, value)
