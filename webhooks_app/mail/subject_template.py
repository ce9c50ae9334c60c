"""Subjects of e-mails: text with `{{ path }}` in it, looked up in the event, and nothing more."""

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
    """Raises ValueError, which says what is wrong."""
    if len(template) > LONGEST or not (template.isprintable() or not template):
        raise ValueError(f"A subject has at most {LONGEST} printable characters.")
    if len(PLACEHOLDER.findall(template)) > MOST_PLACEHOLDERS:
        raise ValueError(f"A subject has at most {MOST_PLACEHOLDERS} fields of the event.")
    rest = PLACEHOLDER.sub("", template)
    if "{{" in rest or "}}" in rest:
        raise ValueError("A field of the event is written as {{ data.name }}: a path, no more.")


def filled_in(template: str, event: View) -> str:
    """What is not in the event is left out. Several values are separated by commas."""

    def values(found: re.Match[str]) -> str:
        values = event.look_up(found[1], Budget())[:MOST_VALUES]
        shown = ", ".join(str(one) for one in values if isinstance(one, str | int | float))
        return cut(shown.encode(errors="replace").decode(), LONGEST_VALUE)

    return PLACEHOLDER.sub(values, template)
