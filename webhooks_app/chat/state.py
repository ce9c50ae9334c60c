"""What is known about a conversation between two messages: plain values, no rows."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec


class Speaker(StrEnum):
    VISITOR = "visitor"
    ASSISTANT = "assistant"
    AGENT = "agent"


class Message(msgspec.Struct, frozen=True):
    """One message. `id` is the platform's id, or ours without one; `at` is when it was written."""

    id: str
    speaker: Speaker
    text: str
    at: datetime


class Notes(msgspec.Struct, frozen=True):
    """The part of the state that no query needs; kept as JSON.

    `emails` and `phones` are the contact details found so far. `asked` are the kinds of request
    since the conversation last began, `asked_before` the kinds before that. `questions` are the
    visitor's newest messages; `early` are the assistant's messages before the visitor's first one.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    asked_before: tuple[str, ...] = ()
    questions: tuple[Message, ...] = ()
    early: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """`started_at` is when the visitor's first message was written.

    `ends_at` is when the conversation will end unless somebody writes, None while it is not active;
    `ended_at` is when it last ended.
    """

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
    """An event that follows. `keys` make it the only one of its kind in its conversation."""

    type: str
    keys: tuple[str, ...]
    occurred_at: datetime
    data: dict[str, object]
