"""A computer that fetches the deliveries of a subscription of its own."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import IdText, Moment, Ref


class Listener(Model):
    """The lease of a listener, beside its subscription, which has `is_listener`.

    Only the key `api_key_id` may fetch its deliveries, and only in the newest session. A visit
    moves `alive_until` on by `keep_for` seconds; after that the listener ends. By `own_key` the
    same computer finds it again.
    """

    __tablename__ = "listeners"
    __table_args__ = (Index("uq_listeners_own_key", "api_key_id", "own_key", unique=True),)

    subscription_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    api_key_id: Mapped[Ref]
    own_key: Mapped[str | None] = mapped_column(String(100))
    session_id: Mapped[Ref]
    keep_for: Mapped[int]
    alive_until: Mapped[Moment]
