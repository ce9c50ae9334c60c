"""The built-in receiver: private URLs and the requests to them."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Long, Moment, OptionalRef
from webhooks_app.models.ownership import OrganisationOwned

PLAIN_ANSWER = '{"received":true}'


class Inbox(OrganisationOwned, Model):
    """`token` is the secret part of its URL.

    Signatures are checked with the secrets of all that send to it, and with that of
    `subscription_id`, otherwise `sealed_secret`, if there is one. `answer_…` is the answer to
    senders; `answer_type` is `json` or `text`.
    """

    __tablename__ = "inboxes"
    __table_args__ = (Index(None, "organisation_id"),)

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    token: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    subscription_id: Mapped[OptionalRef]
    answer_status: Mapped[int] = mapped_column(default=200, server_default="200")
    answer_delay_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    answer_body: Mapped[str] = mapped_column(
        Text, default=PLAIN_ANSWER, server_default=PLAIN_ANSWER
    )
    answer_type: Mapped[str] = mapped_column(String(40), default="json", server_default="json")
    created_at: Mapped[Moment]


class InboxRequest(Model):
    """A request to an inbox.

    `status` is the answer's status, after `delay_ms`; `delay_skipped` if too many answers were
    already waiting. `source` is the sender's address.
    """

    __tablename__ = "inbox_requests"
    __table_args__ = (Index(None, "inbox_id", "id"),)

    id: Mapped[Id]
    inbox_id: Mapped[str] = mapped_column(IdText, ForeignKey("inboxes.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(64), default="", server_default="")
    headers: Mapped[Long]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(default=200, server_default="200")
    delay_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    delay_skipped: Mapped[bool] = mapped_column(default=False, server_default=false())
    received_at: Mapped[Moment]
