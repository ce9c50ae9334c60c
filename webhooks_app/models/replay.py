"""Many deliveries sent once more: what was asked for, and how far it is."""

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
    """`delivery_ids` names them, else `filters` does (see `deliveries.filters`).

    `position` is the last delivery that was looked at, `end` where to stop: what is made from now
    on is not meant. `total` is null until it is counted. `retried` deliveries had not ended: they
    were retried now instead of copied. After the deliveries come events that were missed (see
    `deliveries.missed`): `event_position` is the last one that was looked at, and `recovered` how
    many deliveries were made of them.
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
