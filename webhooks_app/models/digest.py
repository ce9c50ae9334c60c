"""What digests covered: one row per window."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, OptionalRef


class Digest(Model):
    """A window that was sent, or `skipped` because it was empty; then there is no event.

    Each window begins where the previous one ended, and only one can begin there. So a
    subscription's rows are a chain without gap or overlap.
    """

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("subscription_id", "window_start"),)

    id: Mapped[Id]
    subscription_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("subscriptions.id", ondelete="CASCADE")
    )
    window_start: Mapped[Moment]
    window_end: Mapped[Moment]
    event_id: Mapped[OptionalRef]
    skipped: Mapped[bool]
    created_at: Mapped[Moment]
