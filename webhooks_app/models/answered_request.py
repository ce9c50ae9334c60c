"""Requests with an `Idempotency-Key`, so that a repeat gets the first answer."""

from sqlalchemy import Boolean, ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import IdText, Moment, Ref
from webhooks_app.models.ownership import TenantOwned


class AnsweredRequest(TenantOwned, Model):
    """A request by its key. `claim` is the id of the one that runs it.

    `acted` is set in the transaction that holds its first change. `sealed_secret` is what its
    answer shows only once, apart from the rest since it is kept for a shorter time.
    """

    __tablename__ = "answered_requests"

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    claim: Mapped[Ref]
    fingerprint: Mapped[str] = mapped_column(String(64))
    acted: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    status: Mapped[int | None]
    sealed_answer: Mapped[str | None] = mapped_column(Text)
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment] = mapped_column(index=True)
