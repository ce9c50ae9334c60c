"""What organisations used, for bills."""

from datetime import date

from sqlalchemy import BigInteger, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Ref, Word
from webhooks_app.models.ownership import TenantOwned


class Usage(TenantOwned, Model):
    """How much an organisation used in a mode on a day in UTC. It outlives what was counted."""

    __tablename__ = "usage"
    __table_args__ = (PrimaryKeyConstraint("day", "organisation_id", "mode"),)

    day: Mapped[date]
    organisation_id: Mapped[Ref]
    mode: Mapped[Word]
    events: Mapped[int] = mapped_column(BigInteger, default=0)
    deliveries: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(BigInteger, default=0)
