"""The event types that an organisation registered, besides those of the catalogue."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import IdText, Long, Moment, OptionalMoment
from webhooks_app.models.ownership import OrganisationOwned


class CustomEventType(OrganisationOwned, Model):
    """`sample` and `schema` are JSON text, so that their members stay in order.

    A retired type is kept, since the log has events of it.
    """

    __tablename__ = "event_types"

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[Long]
    group: Mapped[str] = mapped_column(String(80))
    sample: Mapped[Long]
    schema: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    retired_at: Mapped[OptionalMoment]
