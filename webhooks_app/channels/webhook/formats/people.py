"""An event for a chat service: facts (label and value) and a footer."""

from collections.abc import Callable, Sequence
from itertools import islice

from webhooks_app.channels.readable import as_written, cut, flat, label_of, title_of
from webhooks_app.channels.webhook.formats.contract import EventView

MOST_FACTS = 20
LONGEST_VALUE = 400
MOST_ELEMENTS = LONGEST_VALUE  # of a list; a chat message has no room for more

Fact = tuple[str, str]
MORE: Fact = ("More", "There are fields that are not shown here")


def facts_of(event: EventView) -> list[Fact]:
    """The first fields that are not empty, ids last, with nested objects flattened.

    Only what is shown is turned into words, since the engine's event loop waits for it.
    """
    found = islice(flat(as_written(event.data), most=MOST_ELEMENTS), MOST_FACTS + 1)
    facts = [(label_of(path), cut(text, LONGEST_VALUE)) for path, text in found]
    shown = sorted(facts[:MOST_FACTS], key=_is_id)
    return [*shown, MORE] if len(facts) > MOST_FACTS else shown


def fitting(facts: Sequence[Fact], room: int, size: Callable[[str], int]) -> list[Fact]:
    """The first facts, as many as there is room for."""
    fit: list[Fact] = []
    for label, value in facts:
        room -= size(label) + size(value)
        if room < 0:
            return [*fit, MORE]
        fit.append((label, value))
    return fit


def summary_of(event: EventView, facts: Sequence[Fact]) -> str:
    """One line for a notification: title and first two values."""
    values = " · ".join(value for _, value in facts[:2])
    return f"{title_of(event.type)}: {values}" if values else title_of(event.type)


def footer_of(event: EventView) -> str:
    """What a person needs to find the event in the dashboard."""
    at = event.occurred_at.isoformat(" ", "minutes").removesuffix("+00:00")
    return f"{event.type} · {at} UTC · {event.id}"


def _is_id(fact: Fact) -> bool:
    return fact[0].lower() == "id" or fact[0].endswith(" id")
