"""A replay of many deliveries: the request and its progress."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import (
    Id,
    IdText,
    Moment,
    Object,
    OptionalMoment,
    OptionalRef,
    Ref,
    Texts,
    Word,
)
from webhooks_app.models.ownership import TenantOwned


class ReplayBatch(TenantOwned, Model):
    """A replay.

    `delivery_ids` names the deliveries, otherwise `filters` does (see `deliveries.filters`).
    `position` is the last delivery looked at, `end` where to stop: later deliveries are not part of
    it. `total` is null until it is counted. `retried` deliveries had not ended, so they were
    retried now instead of copied. Missed events come after the deliveries (see
    `deliveries.missed`): `event_position` is the last one looked at, and `recovered` is how many
    deliveries were made from them.
    """

    __tablename__ = "replay_batches"
    __table_args__ = (
        CheckConstraint("status IN ('running', 'finished', 'cancelled')", name="status"),
        Index(None, "organisation_id", "mode", "id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    filters: Mapped[Object]
    delivery_ids: Mapped[Texts]
    position: Mapped[OptionalRef]
    end: Mapped[Ref]
    status: Mapped[Word]
    total: Mapped[int | None]
    replayed: Mapped[int] = mapped_column(default=0)
    retried: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    event_position: Mapped[OptionalRef]
    recovered: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    skipped: Mapped[int] = mapped_column(default=0)
    requested_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    finished_at: Mapped[OptionalMoment]
