"""The durable queue: a narrow row for each delivery that has not ended."""

from sqlalchemy import BigInteger, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, Moment, OptionalMoment, Ref

# A row is either ready, so that claims look at it, or delayed: a claim promotes it once it is due.
# Statements repeat one of these word for word, to use its index.
READY = "NOT delayed"
DELAYED = "delayed"
# The same, for one subscription. It is written otherwise because PostgreSQL would take the index of
# all delayed ones, and read the whole of it, while its statistics say that nothing is delayed.
DELAYED_OF = "CASE WHEN delayed THEN due_at END IS NOT NULL"
# For statements about subscriptions.
HALVES = (text(READY), text(DELAYED_OF))


class Queued(Model):
    """What engines need to know of an open delivery; the rest is in its row of the log.

    `due_at` is when it should be sent. `delayed` keeps a retry out of the way of claims until then.
    While it is being sent, `leased_until` is the end of the lease and `claimed_by` the engine
    (`engines`); both are null otherwise. `tries` counts claims.
    A claim changes no indexed column, so PostgreSQL changes no index (a HOT update). Statements
    that change both tables lock these rows first.
    """

    __tablename__ = "queue"
    __table_args__ = (
        Index(
            "ix_queue_ready",
            "subscription_id",
            "due_at",
            postgresql_where=text(READY),
            sqlite_where=text(READY),
        ),
        Index(
            "ix_queue_delayed",
            "due_at",
            postgresql_where=text(DELAYED),
            sqlite_where=text(DELAYED),
        ),
        Index(
            "ix_queue_delayed_of",
            "subscription_id",
            "due_at",
            postgresql_where=text(DELAYED_OF),
            sqlite_where=text(DELAYED_OF),
        ),
        {
            "postgresql_with": {
                "fillfactor": 45,
                "autovacuum_vacuum_scale_factor": 0.02,
                "autovacuum_vacuum_cost_delay": 0,
            }
        },
    )

    delivery_id: Mapped[Id]
    subscription_id: Mapped[Ref]
    due_at: Mapped[Moment]
    delayed: Mapped[bool] = mapped_column(default=False, server_default=false())
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    leased_until: Mapped[OptionalMoment]
    claimed_by: Mapped[int | None] = mapped_column(BigInteger)
