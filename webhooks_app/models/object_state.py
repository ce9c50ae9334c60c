"""The last known state of the objects that events are about."""

from sqlalchemy import PrimaryKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment, OptionalMoment, OptionalRef, Ref, Word
from webhooks_app.models.ownership import TenantOwned


class ObjectState(TenantOwned, Model):
    """The newest `data` of one object, from the event of `occurred_at`; see `matching.states`.

    `type` is the event type without its last word (`customer`). The other columns are null in a row
    that was only created for locking.
    """

    __tablename__ = "object_states"
    __table_args__ = (PrimaryKeyConstraint("organisation_id", "mode", "type", "object_id"),)

    organisation_id: Mapped[Ref]
    mode: Mapped[Word]
    type: Mapped[str] = mapped_column(String(100))
    object_id: Mapped[str] = mapped_column(String(200))
    data: Mapped[str | None] = mapped_column(Text)
    event_id: Mapped[OptionalRef]
    occurred_at: Mapped[OptionalMoment]
    updated_at: Mapped[Moment]
