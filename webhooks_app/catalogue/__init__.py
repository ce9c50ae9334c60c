"""The built-in event types: what they mean, and a realistic sample of each."""

from collections.abc import Mapping

from webhooks_app.catalogue import chat, customer_success, operational, system, workspace
from webhooks_app.catalogue.event_type import EventType

CATALOGUE: Mapping[str, EventType] = {
    entry.name: entry
    for module in (chat, customer_success, workspace, operational, system)
    for entry in module.EVENT_TYPES
}


def event_type(name: str) -> EventType | None:
    """The built-in event type of that name."""
    return CATALOGUE.get(name)


__all__ = ["CATALOGUE", "EventType", "event_type"]
