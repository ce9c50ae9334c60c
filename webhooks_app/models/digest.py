"""What digests told: one row a window."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, OptionalRef


class Digest(Model):
    """Told, or `skipped` since it was empty: then there is no event.

    Each window begins where the one before ended, and only one can begin there, so that the rows
    of a subscription are a chain without gap or overlap.
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
