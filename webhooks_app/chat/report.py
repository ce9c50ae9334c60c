"""Process reported messages: update the state of conversations and store the events that follow.

One transaction does both, and holds the locks of the conversations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, insert

from webhooks_app.chat.contacts import contacts_in
from webhooks_app.chat.derive import hear
from webhooks_app.chat.listening import Findings
from webhooks_app.chat.repeats import Known, MessageResult, ReportedMessage
from webhooks_app.chat.rows import MESSAGES, LockedConversation, locked, wishes_of, write
from webhooks_app.chat.state import Derived, Message, Speaker
from webhooks_app.database import reading
from webhooks_app.ingest.accept import IngestRequest, accept_within, in_transaction
from webhooks_app.ingest.selection import Prepared
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.metrics import ACCEPTED
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.budget import CHEAP, budget_of
from webhooks_app.matching.lanes import lane
from webhooks_app.notices.dashboard_notices import (
    notify_chat_unreadable,
    notify_chat_untried,
)
from webhooks_app.vocabulary import EventOrigin


def report(
    database: Engine,
    tenant: Tenant,
    chatbot_id: str,
    messages: Sequence[ReportedMessage],
    now: datetime,
    simulated: bool = False,
) -> list[MessageResult]:
    """Derive from `messages` in order and commit; returns an answer for each.

    Raises `KeyReused`, with nothing stored, when an id or key was used for another message.
    """
    findings = _findings(database, tenant, chatbot_id, messages, now)
    ids = [one.message_id or new_id("cms") for one in messages]
    new_talks = {one.conversation_id: new_id("cnv") for one in messages}

    def hear_all(connection: Connection, prepared: Prepared) -> tuple[list[MessageResult], int]:
        talks = locked(connection, tenant, chatbot_id, new_talks, now, simulated)
        hearing = _Hearing(connection, tenant, talks, messages, now, prepared)
        return hearing.run(ids, findings)

    heard, stored = in_transaction(database, hear_all)
    ACCEPTED.inc(stored)
    return heard


def _findings(
    database: Engine,
    tenant: Tenant,
    chatbot_id: str,
    messages: Sequence[ReportedMessage],
    now: datetime,
) -> list[Findings]:
    """What was found in each text. This takes long, so it happens before anything is locked.

    Costly texts wait for their turn, one at a time for each organisation. Raises `Busy`.
    """
    texts = [one.text for one in messages if one.speaker is Speaker.VISITOR]
    if not texts:
        return [Findings()] * len(messages)
    with reading(database) as connection:
        rules = wishes_of(connection, tenant.organisation_id, chatbot_id)
    if not rules.readable:
        with database.begin() as connection:
            notify_chat_unreadable(connection, tenant, now)
    requests = rules.requests_in(texts, CHEAP)
    if not all(one.tried for one in requests):
        with lane(tenant.organisation_id):
            requests = rules.requests_in(texts, budget_of(len(texts)))
    if not all(one.tried for one in requests):
        with database.begin() as connection:
            notify_chat_untried(connection, tenant, now)
    found = iter(
        Findings(contacts_in(text, rules.region), one.types)
        for text, one in zip(texts, requests, strict=True)
    )
    return [next(found) if one.speaker is Speaker.VISITOR else Findings() for one in messages]


@dataclass(slots=True)
class _New:
    """A new message and what it led to."""

    talk: LockedConversation
    message: ReportedMessage
    derived: list[Derived]
    heard: MessageResult


class _Hearing:
    """Process one batch in one transaction."""

    def __init__(
        self,
        connection: Connection,
        tenant: Tenant,
        talks: Mapping[str, LockedConversation],
        messages: Sequence[ReportedMessage],
        now: datetime,
        prepared: Prepared,
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._messages = messages
        self._now = now
        self._prepared = prepared
        self._talks = talks
        self._known = Known(connection, self._talks, messages)

    def run(
        self, ids: Sequence[str], findings: Sequence[Findings]
    ) -> tuple[list[MessageResult], int]:
        """An answer for each message, and how many events were stored."""
        new: list[_New] = []
        answers: list[MessageResult] = []
        for index, message in enumerate(self._messages):
            talk = self._talks[message.conversation_id]
            answer = self._known.find(index, talk, message)
            if answer is None:
                answer = MessageResult(message.conversation_id)
                said = Message(ids[index], message.speaker, message.text, message.at)
                talk.state, derived = hear(talk.place, talk.state, said, findings[index], self._now)
                new.append(_New(talk, message, derived, answer))
                self._known.remember(talk, message, answer)
            answers.append(answer)
        if new:
            self._store(new)
        return answers, sum(len(one.derived) for one in new)

    def _store(self, new: Sequence[_New]) -> None:
        events = [
            replace(
                one.talk.event(derived),
                hops=one.message.hops,
                traceparent=one.message.traceparent,
            )
            for one in new
            for derived in one.derived
        ]
        if events:
            asked = IngestRequest(self._tenant, events, EventOrigin.CHAT)
            accept_within(self._connection, [asked], self._prepared)
            accepted = iter(asked.accepted)
            for one in new:
                one.heard.events = [next(accepted) for _ in one.derived]
        write(self._connection, {one.talk.id: one.talk for one in new}.values(), self._now)
        kept = [one for one in new if one.message.may_come_again or one.talk.simulated]
        if kept:
            self._connection.execute(insert(MESSAGES), [_row(one) for one in kept])


def _row(new: _New) -> dict[str, object]:
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
