"""Who changed what, and when."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, JsonDict, Moment, OptionalRef, Word


class AuditEntry(Model):
    """Never changed. Names are those of then, so that it stays readable when what they name is
    gone; `actor` is an e-mail or the name of an API key. `mode` is null for what both share."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "organisation_id", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[str | None] = mapped_column(String(40))
    user_id: Mapped[OptionalRef]
    actor: Mapped[str] = mapped_column(String(254))
    action: Mapped[Word]
    target_type: Mapped[Word]
    target_id: Mapped[str] = mapped_column(String(64))
    target_name: Mapped[str] = mapped_column(String(254))
    detail: Mapped[JsonDict]
    created_at: Mapped[Moment]
