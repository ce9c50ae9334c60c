"""Hourly counts, updated in the engine's bulk write."""

from sqlalchemy import BigInteger, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment, Ref, Word

LATENCY_BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 15_000)


class DeliveryStat(Model):
    """How many attempts of a subscription in an hour had this outcome and latency.

    `outcome` is delivered, retried, failed or cancelled. `latency_ms` is the upper bound of the
    bucket, one of `LATENCY_BOUNDS_MS`, or 0 for slower than the last.
    """

    __tablename__ = "delivery_stats"
    __table_args__ = (PrimaryKeyConstraint("subscription_id", "hour", "outcome", "latency_ms"),)

    subscription_id: Mapped[Ref]
    hour: Mapped[Moment]
    outcome: Mapped[Word]
    latency_ms: Mapped[int]
    count: Mapped[int] = mapped_column(BigInteger)
