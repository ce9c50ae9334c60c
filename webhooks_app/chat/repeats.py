"""Recognise repeated messages by their id or key, and answer them as the first time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, or_, select

from webhooks_app.chat.rows import MESSAGES, LockedConversation
from webhooks_app.chat.state import Speaker
from webhooks_app.ingest.accept import KeyReused
from webhooks_app.matching.incoming import Accepted

REPEATABLE = ("message_id", "idempotency_key")


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    """A valid message.

    `message_id` is the platform's own, unique in its conversation, as is `idempotency_key`: either
    makes a repeat harmless. `hops` is how many of our deliveries led to it, one causing the next.
    `traceparent` is what its events keep of a trace.
    """

    conversation_id: str
    speaker: Speaker
    text: str
    at: datetime
    message_id: str | None = None
    idempotency_key: str | None = None
    hops: int = 0
    traceparent: str | None = None

    @property
    def may_come_again(self) -> bool:
        return self.message_id is not None or self.idempotency_key is not None

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()


@dataclass(slots=True)
class MessageResult:
    """The result of a message; for a repeat, the result of the first one."""

    conversation_id: str
    events: list[Accepted] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _First:
    """What a message contained the first time.

    Its time does not count: without one from the platform, it differs each time.
    """

    role: str
    digest: str
    message_id: str | None
    heard: MessageResult

    def is_repeated_by(self, message: ReportedMessage, member: str) -> bool:
        same = (self.role, self.digest) == (message.speaker, message.digest)
        return same and (member == "message_id" or self.message_id == message.message_id)


class Known:
    """Which of `messages` were already reported in their conversations, which are locked."""

    def __init__(
        self,
        connection: Connection,
        talks: Mapping[str, LockedConversation],
        messages: Sequence[ReportedMessage],
    ) -> None:
        self._first: dict[tuple[str, str, str], _First] = {}
        either = [
            MESSAGES.c[member].in_(values)
            for member in REPEATABLE
            if (values := {value for one in messages if (value := getattr(one, member))})
        ]
        if not either:
            return
        names = {talk.id: name for name, talk in talks.items()}
        query = select(MESSAGES).where(MESSAGES.c.conversation.in_(names), or_(*either))
        for row in connection.execute(query):
            events = [Accepted(id_, type_, 0, repeated=True) for id_, type_ in row.events]
            heard = MessageResult(names[row.conversation], events)
            first = _First(row.role, row.digest, row.message_id, heard)
            self._keep(row.conversation, row.message_id, row.idempotency_key, first)

    def find(
        self, index: int, talk: LockedConversation, message: ReportedMessage
    ) -> MessageResult | None:
        """The earlier result, or None for a new message. Raises `KeyReused`."""
        for member in REPEATABLE:
            value = getattr(message, member)
            if value and (first := self._first.get((talk.id, member, value))):
                if not first.is_repeated_by(message, member):
                    raise KeyReused(index, "id" if member == "message_id" else member)
                return first.heard
        return None

    def remember(
        self, talk: LockedConversation, message: ReportedMessage, heard: MessageResult
    ) -> None:
        first = _First(message.speaker, message.digest, message.message_id, heard)
        self._keep(talk.id, message.message_id, message.idempotency_key, first)

    def _keep(self, talk_id: str, id_: str | None, key: str | None, first: _First) -> None:
        for member, value in zip(REPEATABLE, (id_, key), strict=True):
            if value:
                self._first[talk_id, member, value] = first
