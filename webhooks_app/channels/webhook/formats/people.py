"""An event as people read it: a title, and its fields as labels and values.

The titles of the catalogue are not used: they may change, and a retry must send the same bytes.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from webhooks_app.channels.readable import as_written, clean, cut, value_in_words
from webhooks_app.channels.webhook.formats.contract import EventView

MOST_FACTS = 20
LONGEST_LABEL, LONGEST_VALUE = 80, 400
MOST_ELEMENTS = LONGEST_VALUE  # of a list: more could not be shown

Fact = tuple[str, str]
MORE: Fact = ("More", "There are fields that are not shown here")


def title_of(event: EventView) -> str:
    """`Lead captured` for `lead.captured`."""
    return event.type.replace(".", " ").replace("_", " ").capitalize()


def facts_of(event: EventView) -> list[Fact]:
    """The first fields that say something, ids last; objects within are flattened."""
    data = as_written(event.data)
    facts = list(islice(_flat((), data), MOST_FACTS + 1))
    shown = sorted(facts[:MOST_FACTS], key=_is_id)
    return [*shown, MORE] if len(facts) > MOST_FACTS else shown


def fitting(facts: Sequence[Fact], room: int, size: Callable[[str], int]) -> list[Fact]:
    """As many of the first as there is room for, by the size of their texts."""
    fit: list[Fact] = []
    for label, value in facts:
        room -= size(label) + size(value)
        if room < 0:
            return [*fit, MORE]
        fit.append((label, value))
    return fit


def summary_of(event: EventView, facts: Sequence[Fact]) -> str:
    """One line for a notification: the title and the first two values."""
    values = " · ".join(value for _, value in facts[:2])
    return f"{title_of(event)}: {values}" if values else title_of(event)


def footer_of(event: EventView) -> str:
    """What a person needs to find the event again."""
    at = event.occurred_at.isoformat(" ", "minutes").removesuffix("+00:00")
    return f"{event.type} · {at} UTC · {event.id}"


def _is_id(fact: Fact) -> bool:
    return fact[0].lower() == "id" or fact[0].endswith(" id")


def _flat(path: tuple[str, ...], value: Any) -> Iterator[Fact]:
    """Words are made only of what is shown: an engine sends other things meanwhile."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat((*path, key[:LONGEST_LABEL]), inner)
    elif text := value_in_words(value, MOST_ELEMENTS):
        label = clean(" ".join(filter(None, map(_words, path))))
        shown = label[:1].upper() + label[1:] or "Value"
        yield cut(shown, LONGEST_LABEL), cut(text, LONGEST_VALUE)


def _words(key: str) -> str:
    """`custom_fields` and `customFields` are "custom fields"."""
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", key).replace("_", " ").lower().strip()
