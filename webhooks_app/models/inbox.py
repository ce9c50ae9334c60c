"""The built-in receiver: private URLs and what was sent to them."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Long, Moment


class Inbox(Model):
    """`token` is the secret part of its URL."""

    __tablename__ = "inboxes"
    __table_args__ = (Index(None, "organisation_id"),)

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    token: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment]


class InboxRequest(Model):
    __tablename__ = "inbox_requests"
    __table_args__ = (Index(None, "inbox_id", "id"),)

    id: Mapped[Id]
    inbox_id: Mapped[str] = mapped_column(IdText, ForeignKey("inboxes.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(String(10))
    headers: Mapped[Long]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[Moment]
