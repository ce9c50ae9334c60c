"""End conversations in which nobody has written for long enough."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine, Select, insert, select

from webhooks_app.chat.derive import end
from webhooks_app.chat.rows import CONVERSATIONS, MESSAGES, LockedConversation, write
from webhooks_app.ingest.accept import IngestRequest, accept_within, in_transaction
from webhooks_app.ingest.selection import Prepared
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.metrics import ACCEPTED
from webhooks_app.matching.incoming import Accepted
from webhooks_app.vocabulary import EventOrigin

BATCH = 200
SILENCE = "silence"


def end_idle(database: Engine, now: datetime) -> bool:
    """End all conversations that are due, committed in batches; True when something must be sent.

    Two at once do not disturb each other: each skips what the other has locked or ended.
    """
    due = (
        select(CONVERSATIONS)
        .where(CONVERSATIONS.c.ends_at <= now)
        .order_by(CONVERSATIONS.c.ends_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    planned = False
    while True:
        events = in_transaction(database, partial(_end_due, due, now))
        ACCEPTED.inc(len(events))
        planned |= any(one.plans_deliveries for one in events)
        if len(events) < BATCH:
            return planned


def end_now(database: Engine, talk_id: str, now: datetime) -> list[Accepted]:
    """Move the clock of a simulated conversation to its end. An ended one stays as it is."""
    query = select(CONVERSATIONS).where(
        CONVERSATIONS.c.id == talk_id,
        CONVERSATIONS.c.simulated,
        CONVERSATIONS.c.ends_at.is_not(None),
    )

    def work(connection: Connection, prepared: Prepared) -> list[Accepted]:
        talks = _locked(connection, query.with_for_update())
        for talk in talks:
            talk.state = replace(talk.state, ends_at=now)
        return _end(connection, talks, now, prepared)

    events = in_transaction(database, work)
    ACCEPTED.inc(len(events))
    return events


def _end_due(
    due: Select[object], now: datetime, connection: Connection, prepared: Prepared
) -> list[Accepted]:
    return _end(connection, _locked(connection, due), now, prepared)


def _locked(connection: Connection, query: Select[object]) -> list[LockedConversation]:
    return [LockedConversation.of(row) for row in connection.execute(query).mappings()]


def _end(
    connection: Connection,
    talks: Sequence[LockedConversation],
    now: datetime,
    prepared: Prepared,
) -> list[Accepted]:
    asked = [_asked(talk, now) for talk in talks]
    accept_within(connection, asked, prepared)
    events = [one.accepted[0] for one in asked]
    if talks:
        write(connection, talks, now)
    shown = [(talk, event) for talk, event in zip(talks, events, strict=True) if talk.simulated]
    if shown:
        connection.execute(insert(MESSAGES), [_silence(*one, now) for one in shown])
    return events


def _asked(talk: LockedConversation, now: datetime) -> IngestRequest:
    ended = end(talk.place, talk.state, now)
    assert ended is not None
    talk.state, derived = ended
    return IngestRequest(talk.tenant, [talk.event(derived)], EventOrigin.CHAT)


def _silence(talk: LockedConversation, event: Accepted, now: datetime) -> dict[str, object]:
    return {
        "id": new_id("cms"),
        "conversation": talk.id,
        "role": SILENCE,
        "digest": "",
        "events": [[event.id, event.type]],
        "at": now,
    }
