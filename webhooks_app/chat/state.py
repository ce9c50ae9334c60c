"""What is known of a conversation between two messages: plain values, no rows."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec


class Speaker(StrEnum):
    VISITOR = "visitor"
    ASSISTANT = "assistant"
    AGENT = "agent"


class Message(msgspec.Struct, frozen=True):
    """One message. `id` is the platform's, or ours where it gave none; `at` when it was written."""

    id: str
    speaker: Speaker
    text: str
    at: datetime


class Notes(msgspec.Struct, frozen=True):
    """What nobody asks the database for; kept as JSON.

    `emails` and `phones` are the values of the contacts found so far. `asked` are the kinds of
    request since it last began, `asked_before` those of the time before. `questions` are the
    visitor's newest messages, `early` what the assistant wrote before anything known of the
    visitor.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    asked_before: tuple[str, ...] = ()
    questions: tuple[Message, ...] = ()
    early: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """`started_at` is the visitor's first message, by its own moment. `ends_at` is when nobody will
    have written for long enough, None while it is not going on; `ended_at` when it last ended."""

    first_message_at: datetime | None = None
    last_message_at: datetime | None = None
    visitor_messages: int = 0
    assistant_messages: int = 0
    agent_messages: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ends_at: datetime | None = None
    notes: Notes = field(default_factory=Notes)

    @property
    def messages(self) -> int:
        return self.visitor_messages + self.assistant_messages + self.agent_messages


@dataclass(frozen=True, slots=True)
class Derived:
    """An event that follows. `keys` say of what it is the only one in its conversation."""

    type: str
    keys: tuple[str, ...]
    occurred_at: datetime
    data: dict[str, object]
