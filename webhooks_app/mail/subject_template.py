"""Subjects of e-mails: text with `{{ path }}` in it, looked up in the event, and nothing more."""

import re
from collections.abc import Mapping
from typing import Any

from webhooks_app.channels.readable import cut
from webhooks_app.matching.conditions import look_up

LONGEST = 200
LONGEST_VALUE = 100
MOST_PLACEHOLDERS = 10
PLACEHOLDER = re.compile(r"\{\{\s*([\w-]+(?:\.[\w-]+)*)\s*\}\}")


def check_subject(template: str) -> None:
    """Raises ValueError, which says what is wrong."""
    if len(template) > LONGEST or not (template.isprintable() or not template):
        raise ValueError(f"A subject has at most {LONGEST} printable characters.")
    if len(PLACEHOLDER.findall(template)) > MOST_PLACEHOLDERS:
        raise ValueError(f"A subject has at most {MOST_PLACEHOLDERS} fields of the event.")
    rest = PLACEHOLDER.sub("", template)
    if "{{" in rest or "}}" in rest:
        raise ValueError("A field of the event is written as {{ data.name }}: a path, no more.")


def filled_in(template: str, event: Mapping[str, Any]) -> str:
    """What is not in the event is left out; `event` is a view as conditions see it."""

    def value(found: re.Match[str]) -> str:
        there, value = look_up(found[1], event)
        if not there or value is None or isinstance(value, dict | list):
            return ""
        return cut(str(value).encode(errors="replace").decode(), LONGEST_VALUE)

    return PLACEHOLDER.sub(value, template)
