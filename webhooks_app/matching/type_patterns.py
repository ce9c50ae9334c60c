"""The event types that a webhook asks for: names, and patterns such as `customer.*` and `*`.

A pattern also stands for types that are registered later. `*` is every type that is reported; it
leaves out what Hookline itself sends. Pure, except for a condition in SQL.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, or_

from webhooks_app.catalogue import CATALOGUE, event_type
from webhooks_app.models import Event

ALL = "*"
REST = ".*"


def is_pattern(asked: str) -> bool:
    return asked == ALL or asked.endswith(REST)


def fits(pattern: str, name: str) -> bool:
    """Whether a pattern stands for the type `name`."""
    if pattern == ALL:
        kind = event_type(name)
        return kind is None or not kind.is_system
    return name.startswith(_beginning(pattern))


def asks_for(asked: Collection[str], name: str) -> bool:
    """Whether the names and patterns `asked` include the type `name`."""
    return name in asked or any(is_pattern(one) and fits(one, name) for one in asked)


def patterns_of(names: Iterable[str]) -> list[str]:
    """Every pattern that stands for one of these types, in their order."""
    found = dict.fromkeys([ALL])
    for name in names:
        steps = name.split(".")
        found |= dict.fromkeys(".".join(steps[:end]) + REST for end in range(1, len(steps)))
    return list(found)


def events_of(asked: Collection[str], event: type[Event] = Event) -> ColumnElement[bool]:
    """The events of these types, as a condition of a query. `event` may be an alias."""
    names = [one for one in asked if not is_pattern(one)]
    patterns = (_events_of(one, event) for one in asked if is_pattern(one))
    return or_(event.type.in_(names), *patterns)


def _events_of(pattern: str, event: type[Event]) -> ColumnElement[bool]:
    if pattern == ALL:
        return event.type.not_in([name for name, kind in CATALOGUE.items() if kind.is_system])
    return event.type.startswith(_beginning(pattern), autoescape=True)


def _beginning(pattern: str) -> str:
    return pattern.removesuffix(ALL)
