"""Conversations as rows: locked, read into the state for the derivation, and written back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import cast

import msgspec
import orjson
from sqlalchemy import Connection, RowMapping, Table, bindparam, select, update

from webhooks_app.chat.listening import ListeningRules, are_patterns
from webhooks_app.chat.payloads import ConversationRef
from webhooks_app.chat.state import Derived, Notes, State
from webhooks_app.database import upsert
from webhooks_app.lib import json_text
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.incoming import Incoming
from webhooks_app.models import ChatMessage, ChatSettings, Conversation
from webhooks_app.models.shapes import is_readable

CONVERSATIONS = cast(Table, Conversation.__table__)
MESSAGES = cast(Table, ChatMessage.__table__)
SETTINGS = cast(Table, ChatSettings.__table__)
NOTED = [one.name for one in fields(State) if one.name != "notes"]
WRITE = (
    update(CONVERSATIONS)
    .where(CONVERSATIONS.c.id == bindparam("row_id"))
    .values({name: bindparam(name) for name in (*NOTED, "notes", "updated_at")})
)


@dataclass(slots=True)
class LockedConversation:
    """A conversation whose row is locked. `state` is what to write back."""

    id: str
    tenant: Tenant
    chatbot_id: str
    conversation_id: str
    simulated: bool
    state: State

    @classmethod
    def of(cls, row: RowMapping) -> "LockedConversation":
        notes = json_text.read_as(Notes, row["notes"]) or Notes()
        return cls(
            id=row["id"],
            tenant=Tenant(row["organisation_id"], row["mode"]),
            chatbot_id=row["chatbot_id"],
            conversation_id=row["conversation_id"],
            simulated=row["simulated"],
            state=State(**{name: row[name] for name in NOTED}, notes=notes),
        )

    @property
    def place(self) -> ConversationRef:
        return ConversationRef(self.conversation_id, f"lead_{self.id.partition('_')[2]}")

    def event(self, derived: Derived) -> Incoming:
        return Incoming(
            type=derived.type,
            data=orjson.dumps(derived.data).decode(),
            occurred_at=derived.occurred_at,
            subject=("chatbot", self.chatbot_id),
        )


def locked(
    connection: Connection,
    tenant: Tenant,
    chatbot_id: str,
    new_ids: Mapping[str, str],
    now: datetime,
    simulated: bool,
) -> dict[str, LockedConversation]:
    """The conversations of the platform's ids in `new_ids`; new ones get the ids given there.

    Rows are locked in the order of their ids, so that two batches wait instead of deadlocking.
    """
    columns = CONVERSATIONS.c
    query = (
        select(CONVERSATIONS)
        .where(
            Conversation.in_tenant(tenant),
            columns.chatbot_id == chatbot_id,
            columns.conversation_id.in_(new_ids),
        )
        .order_by(columns.id)
        .with_for_update()
    )

    def found() -> dict[str, LockedConversation]:
        return {
            row["conversation_id"]: LockedConversation.of(row)
            for row in connection.execute(query).mappings()
        }

    talks = found()
    missing = sorted(new_ids.keys() - talks.keys())
    if not missing:
        return talks
    common = {
        "organisation_id": tenant.organisation_id,
        "mode": tenant.mode,
        "chatbot_id": chatbot_id,
        "simulated": simulated,
        "created_at": now,
    }
    rows = [common | {"id": new_ids[one], "conversation_id": one} for one in missing]
    empty = _values(State()) | {"updated_at": now}
    connection.execute(
        upsert(connection, CONVERSATIONS).on_conflict_do_nothing(), [row | empty for row in rows]
    )
    return found()


def write(connection: Connection, talks: Iterable[LockedConversation], now: datetime) -> None:
    rows = [{"row_id": talk.id, "updated_at": now, **_values(talk.state)} for talk in talks]
    connection.execute(WRITE, rows)


def wishes_of(connection: Connection, organisation_id: str, chatbot_id: str) -> ListeningRules:
    """What the organisation listens for in that chatbot's conversations."""
    query = select(SETTINGS).where(ChatSettings.in_organisation(organisation_id))
    row = connection.execute(query).first()
    if row is None:
        return ListeningRules()
    patterns = (row.escalation_patterns, row.appointment_patterns)
    if not is_readable(*patterns, row.regions) or not are_patterns(*patterns):
        return ListeningRules(readable=False)
    return ListeningRules(
        escalation=row.escalation_patterns,
        appointment=row.appointment_patterns,
        region=row.regions.get(chatbot_id, row.region),
    )


def _values(state: State) -> dict[str, object]:
    noted = {name: getattr(state, name) for name in NOTED}
    return noted | {"notes": msgspec.json.encode(state.notes).decode()}
