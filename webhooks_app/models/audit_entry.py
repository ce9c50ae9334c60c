"""Who did what, when, and from where."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, Object, OptionalRef, Word
from webhooks_app.models.ownership import SharedOrOwned

LONGEST_NAME = 254
LONGEST_ID = 64
LONGEST_IP = 45
LONGEST_AGENT = 200


class AuditEntry(SharedOrOwned, Model):
    """An entry. It never changes.

    Names are stored, so that an entry stays readable when its actor or target is deleted.
    `actor_kind` is an `ActorKind`, null in entries of older releases, which also use `user_id`.
    `mode` is null for what both modes share; `ip` is null for changes without a request.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "organisation_id", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[str | None] = mapped_column(String(40))
    user_id: Mapped[OptionalRef]
    actor_kind: Mapped[str | None] = mapped_column(String(40))
    actor_id: Mapped[OptionalRef]
    actor: Mapped[str] = mapped_column(String(LONGEST_NAME))
    action: Mapped[Word]
    target_type: Mapped[Word]
    target_id: Mapped[str] = mapped_column(String(LONGEST_ID))
    target_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    detail: Mapped[Object]
    ip: Mapped[str | None] = mapped_column(String(LONGEST_IP))
    user_agent: Mapped[str | None] = mapped_column(String(LONGEST_AGENT))
    created_at: Mapped[Moment]
