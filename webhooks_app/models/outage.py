"""When Hookline switched a subscription off."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Long, Moment, Word
from webhooks_app.models.ownership import TenantOwned


class Outage(TenantOwned, Model):
    """From when Hookline switched it off until someone switched it on again, when the row is made.

    Events of that time were not sent to it, and can be (see `deliveries.missed`).
    """

    __tablename__ = "outages"
    __table_args__ = (Index(None, "organisation_id", "mode", "id"), Index(None, "subscription_id"))

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    subscription_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("subscriptions.id", ondelete="CASCADE")
    )
    reason: Mapped[Long]
    began_at: Mapped[Moment]
    ended_at: Mapped[Moment]
