"""Conversations that platforms report message by message, and what to listen for in them."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import (
    Id,
    IdText,
    Long,
    Moment,
    Object,
    OptionalMoment,
    Pairs,
    Texts,
    Word,
)
from webhooks_app.models.ownership import OrganisationOwned, TenantOwned


class Conversation(TenantOwned, Model):
    """The state of one conversation, see `chat.state`.

    `chatbot_id` and `conversation_id` are the platform's own ids. Deriving events locks this row.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint(
            "organisation_id",
            "mode",
            "chatbot_id",
            "conversation_id",
            name="uq_conversations_place",
        ),
        CheckConstraint("mode IN ('live', 'test')", name="mode"),
        Index(
            "ix_conversations_ends",
            "ends_at",
            postgresql_where=text("ends_at IS NOT NULL"),
            sqlite_where=text("ends_at IS NOT NULL"),
        ),
        Index(
            "ix_conversations_simulated",
            "organisation_id",
            "mode",
            "id",
            postgresql_where=text("simulated"),
            sqlite_where=text("simulated"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    chatbot_id: Mapped[str] = mapped_column(String(200))
    conversation_id: Mapped[str] = mapped_column(String(200))
    simulated: Mapped[bool]
    first_message_at: Mapped[OptionalMoment]
    last_message_at: Mapped[OptionalMoment]
    visitor_messages: Mapped[int]
    assistant_messages: Mapped[int]
    agent_messages: Mapped[int]
    started_at: Mapped[OptionalMoment]
    ended_at: Mapped[OptionalMoment]
    ends_at: Mapped[OptionalMoment]
    notes: Mapped[Long]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class ChatMessage(Model):
    """A message that may be repeated, or one of the simulator, with the events that it caused.

    `digest` is the SHA-256 of its text; the text itself is kept only for the simulator. `events`
    are pairs of id and type. The role `silence` is not a message, but the end of a conversation in
    the simulator.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (
        Index(None, "conversation", "id"),
        Index(
            "uq_chat_messages_message_id",
            "conversation",
            "message_id",
            unique=True,
            postgresql_where=text("message_id IS NOT NULL"),
            sqlite_where=text("message_id IS NOT NULL"),
        ),
        Index(
            "uq_chat_messages_idempotency_key",
            "conversation",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
            sqlite_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    conversation: Mapped[str] = mapped_column(
        IdText, ForeignKey("conversations.id", ondelete="CASCADE")
    )
    role: Mapped[Word]
    message_id: Mapped[str | None] = mapped_column(String(255))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str | None] = mapped_column(Text)
    events: Mapped[Pairs]
    at: Mapped[Moment]


class ChatSettings(OrganisationOwned, Model):
    """What an organisation listens for; without a row, the defaults.

    `region` is the country of phone numbers without a country code (ISO 3166, two letters);
    `regions` is the same for single chatbots, by their ids.
    """

    __tablename__ = "chat_settings"

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    escalation_patterns: Mapped[Texts]
    appointment_patterns: Mapped[Texts]
    region: Mapped[str | None] = mapped_column(String(2))
    regions: Mapped[Object]
    updated_at: Mapped[Moment]
