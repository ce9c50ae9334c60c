"""Messages as they are reported: what is known after them and the events that follow, in one
transaction that holds the locks of their conversations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import DBAPIError

from webhooks_app.chat.derive import hear
from webhooks_app.chat.listening import Findings
from webhooks_app.chat.repeats import Known, MessageResult, ReportedMessage
from webhooks_app.chat.rows import MESSAGES, LockedConversation, locked, wishes_of, write
from webhooks_app.chat.state import Derived, Message, Speaker
from webhooks_app.database import reading
from webhooks_app.ingest.accept import TRIES, IngestRequest, accept_within, lost_a_race
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.metrics import ACCEPTED
from webhooks_app.lib.tenant import Tenant
from webhooks_app.vocabulary import EventOrigin


def report(
    database: Engine,
    tenant: Tenant,
    chatbot_id: str,
    messages: Sequence[ReportedMessage],
    now: datetime,
    simulated: bool = False,
) -> list[MessageResult]:
    """Derive from `messages`, in their order, and commit: an answer for each.

    Raises `KeyReused`, with nothing stored, when an id or key came with another message before.
    """
    noticed = _noticed(database, tenant, chatbot_id, messages)
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            with database.begin() as connection:
                hearing = _Hearing(connection, tenant, chatbot_id, messages, now, simulated)
                heard, stored = hearing.run(noticed)
        except DBAPIError as error:
            if last or not lost_a_race(error):
                raise
        else:
            ACCEPTED.inc(stored)
            return heard
    raise AssertionError("the last try returns or raises")


def _noticed(
    database: Engine, tenant: Tenant, chatbot_id: str, messages: Sequence[ReportedMessage]
) -> list[Findings]:
    """What is in each text. It takes long, so it is found out before anything is locked."""
    if all(one.speaker is not Speaker.VISITOR for one in messages):
        return [Findings()] * len(messages)
    with reading(database) as connection:
        wishes = wishes_of(connection, tenant.organisation_id, chatbot_id)
    return [
        wishes.notice(one.text) if one.speaker is Speaker.VISITOR else Findings()
        for one in messages
    ]


@dataclass(slots=True)
class _New:
    """A message that was not heard before, and what it led to."""

    talk: LockedConversation
    message: ReportedMessage
    derived: list[Derived]
    heard: MessageResult


class _Hearing:
    """One transaction."""

    def __init__(
        self,
        connection: Connection,
        tenant: Tenant,
        chatbot_id: str,
        messages: Sequence[ReportedMessage],
        now: datetime,
        simulated: bool,
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._messages = messages
        self._now = now
        ids = {one.conversation_id for one in messages}
        self._talks = locked(connection, tenant, chatbot_id, ids, now, simulated)
        self._known = Known(connection, self._talks, messages)

    def run(self, noticed: Sequence[Findings]) -> tuple[list[MessageResult], int]:
        """An answer for each message, and how many events were stored."""
        new: list[_New] = []
        answers: list[MessageResult] = []
        for index, (message, seen) in enumerate(zip(self._messages, noticed, strict=True)):
            talk = self._talks[message.conversation_id]
            answer = self._known.find(index, talk, message)
            if answer is None:
                answer = MessageResult(message.conversation_id)
                new.append(_New(talk, message, self._hear(talk, message, seen), answer))
                self._known.remember(talk, message, answer)
            answers.append(answer)
        if new:
            self._store(new)
        return answers, sum(len(one.derived) for one in new)

    def _hear(
        self, talk: LockedConversation, message: ReportedMessage, noticed: Findings
    ) -> list[Derived]:
        id_ = message.message_id or new_id("cms")
        said = Message(id_, message.speaker, message.text, message.at)
        talk.state, derived = hear(talk.place, talk.state, said, noticed, self._now)
        return derived

    def _store(self, new: Sequence[_New]) -> None:
        events = [one.talk.event(derived) for one in new for derived in one.derived]
        if events:
            asked = IngestRequest(self._tenant, events, EventOrigin.CHAT)
            accept_within(self._connection, [asked])
            accepted = iter(asked.accepted)
            for one in new:
                one.heard.events = [next(accepted) for _ in one.derived]
        write(self._connection, {one.talk.id: one.talk for one in new}.values(), self._now)
        kept = [one for one in new if one.message.may_come_again or one.talk.simulated]
        if kept:
            self._connection.execute(insert(MESSAGES), [_row(one) for one in kept])


def _row(new: _New) -> dict[str, Any]:
    message = new.message
    return {
        "id": new_id("cms"),
        "conversation": new.talk.id,
        "role": message.speaker.value,
        "message_id": message.message_id,
        "idempotency_key": message.idempotency_key,
        "digest": message.digest,
        "text": message.text if new.talk.simulated else None,
        "events": [[one.id, one.type] for one in new.heard.events],
        "at": message.at,
    }
