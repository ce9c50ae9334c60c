"""The shape of a catalogue entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What only Hookline decides to send.
NEVER_ASKED_FOR = ("webhook.ping", "action.digest")


@dataclass(frozen=True, slots=True)
class EventType:
    """An entry.

    `name` is `object.verb`, `sample` the `data` of a realistic event, and `schema` its JSON Schema.
    `own` types were registered by an organisation and may have no schema. Types of the group
    "System" are sent by Hookline itself and cannot be ingested. `summary` names the fields that
    tell one event from another in a list, the most telling first.
    """

    name: str
    title: str
    description: str
    group: str
    sample: Mapping[str, object]
    schema: Mapping[str, object] | None = None
    own: bool = False
    summary: Sequence[str] = ()

    @property
    def object(self) -> str:
        """The object: `lead` for `lead.captured`."""
        return self.name.partition(".")[0]

    @property
    def is_system(self) -> bool:
        return self.group == "System"

    @property
    def is_subscribable(self) -> bool:
        """Whether actions and webhooks can ask for it."""
        return self.name not in NEVER_ASKED_FOR
