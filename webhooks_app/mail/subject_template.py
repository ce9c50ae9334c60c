"""Subjects of e-mails: text with `{{ path }}` from the event, and nothing more."""

import re

from webhooks_app.channels.readable import cut
from webhooks_app.matching.budget import Budget
from webhooks_app.matching.view import View

LONGEST = 200
LONGEST_VALUE = 100
MOST_PLACEHOLDERS = 10
MOST_VALUES = 20
PLACEHOLDER = re.compile(r"\{\{\s*((?:[\w-]|\\[.\\])+(?:\.(?:[\w-]|\\[.\\])+)*)\s*\}\}")


def check_subject(template: str) -> None:
    """Raises ValueError with a sentence for people."""
    if len(template) > LONGEST or not (template.isprintable() or not template):
        raise ValueError(f"Use at most {LONGEST} printable characters in a subject.")
    if len(PLACEHOLDER.findall(template)) > MOST_PLACEHOLDERS:
        raise ValueError(f"Use at most {MOST_PLACEHOLDERS} fields of the event in a subject.")
    rest = PLACEHOLDER.sub("", template)
    if "{{" in rest or "}}" in rest:
        raise ValueError("Write a field of the event as {{ data.name }}: only a path.")


def filled_in(template: str, event: View) -> str:
    """A field that is not in the event is left out. Several values are separated by commas."""

    def values(found: re.Match[str]) -> str:
        values = event.look_up(found[1], Budget())[:MOST_VALUES]
        shown = ", ".join(str(one) for one in values if isinstance(one, str | int | float))
        return cut(shown.encode(errors="replace").decode(), LONGEST_VALUE)

    return PLACEHOLDER.sub(values, template)
