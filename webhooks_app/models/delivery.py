"""One event for one subscription, and every attempt to deliver it."""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.lib.packed_headers import unpack
from webhooks_app.models.columns import Id, Long, Moment, OptionalMoment, OptionalRef, Ref, Word
from webhooks_app.models.ownership import TenantOwned

# An open delivery is either ready, so that claims look at it, or delayed. A claim promotes a
# delayed one once it is due. Statements repeat one of these word for word, to use its indexes.
READY = "CASE WHEN NOT delayed THEN due_at END IS NOT NULL"
DELAYED = "CASE WHEN delayed THEN due_at END IS NOT NULL"
HALVES = (text(READY), text(DELAYED))


class Delivery(TenantOwned, Model):
    """A row of the log, and of the durable queue while `due_at` is set.

    `due_at` is when something must be done: send it (pending, retrying), or treat the try as lost
    and send it again (sending: the end of the lease). It is null once nothing is left to do.
    `delayed` keeps a retry out of the way of claims until it is due, so it is true or false in an
    ended delivery too, where it means nothing.
    `claimed_by` is the engine that sends it (`engines`), null for an engine of an older version.
    `tries` counts claims, `failures` the tries that failed. `wire_format` is stored here, so that
    every try sends the same bytes. `trigger` is event, replay, recovery or test.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "(due_at IS NOT NULL) = (status IN ('pending', 'sending', 'retrying'))", name="due"
        ),
        # Only engines of older versions use this one.
        Index(
            "ix_deliveries_due",
            "subscription_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_ready",
            "subscription_id",
            "due_at",
            postgresql_where=text(READY),
            sqlite_where=text(READY),
        ),
        Index(
            "ix_deliveries_delayed",
            "due_at",
            postgresql_where=text(DELAYED),
            sqlite_where=text(DELAYED),
        ),
        Index(
            "ix_deliveries_delayed_of",
            "subscription_id",
            "due_at",
            postgresql_where=text(DELAYED),
            sqlite_where=text(DELAYED),
        ),
        Index(
            "uq_deliveries_once",
            "event_id",
            "subscription_id",
            unique=True,
            postgresql_where=text("trigger = 'event'"),
            sqlite_where=text("trigger = 'event'"),
        ),
        Index(
            "ix_deliveries_again",
            "event_id",
            postgresql_where=text("trigger <> 'event'"),
            sqlite_where=text("trigger <> 'event'"),
        ),
        Index(
            "ix_deliveries_undelivered",
            "organisation_id",
            "mode",
            "status",
            "id",
            postgresql_where=text("status IN ('failed', 'cancelled')"),
            sqlite_where=text("status IN ('failed', 'cancelled')"),
        ),
        Index(None, "subscription_id", "id"),
        Index(None, "organisation_id", "mode", "id"),
        {"postgresql_with": {"fillfactor": 85}},
    )

    id: Mapped[Id]
    organisation_id: Mapped[Ref]
    mode: Mapped[Word]
    subscription_id: Mapped[Ref]
    event_id: Mapped[Ref]
    trigger: Mapped[Word]
    replay_of: Mapped[OptionalRef]
    wire_format: Mapped[Word]
    status: Mapped[Word]
    due_at: Mapped[OptionalMoment]
    delayed: Mapped[bool] = mapped_column(default=False, server_default=false())
    tries: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    status_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[Moment]
    finished_at: Mapped[OptionalMoment]
    claimed_by: Mapped[int | None] = mapped_column(BigInteger)


class Attempt(Model):
    """One attempt. `number` is the delivery's `tries` when it was claimed.

    `outcome` is succeeded, failed or lost (its worker died before the answer was stored). `failure`
    names the kind of failure. Headers are JSON text, those of the request packed (`sent_headers`);
    values of custom headers are masked.
    `response_body` is the first 16 KiB, in any encoding. `queue_ms` is how long it waited after it
    was due. The parts of the request follow, null if there were none: a kept connection has no
    `connect_ms` and no `tls_ms`. `address` is the connected address, `certificate_ends_at` when the
    certificate expires.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        PrimaryKeyConstraint("delivery_id", "number"),
        {"postgresql_partition_by": "RANGE (delivery_id)"},
    )

    delivery_id: Mapped[Ref]
    number: Mapped[int]
    outcome: Mapped[Word]
    failure: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(String(500))
    status_code: Mapped[int | None]
    url: Mapped[Long]
    request_headers: Mapped[Long]
    response_headers: Mapped[Long]
    response_body: Mapped[bytes] = mapped_column(LargeBinary)
    response_truncated: Mapped[bool]
    started_at: Mapped[Moment]
    duration_ms: Mapped[int]
    queue_ms: Mapped[int | None]
    lookup_ms: Mapped[int | None]
    connect_ms: Mapped[int | None]
    tls_ms: Mapped[int | None]
    first_byte_ms: Mapped[int | None]
    body_ms: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(String(45))
    http_version: Mapped[str | None] = mapped_column(String(8))
    tls_version: Mapped[str | None] = mapped_column(String(8))
    certificate_ends_at: Mapped[OptionalMoment]

    @property
    def sent_headers(self) -> Mapping[str, str]:
        """The headers of the request; none if the row cannot be read."""
        return unpack(self.request_headers, self.delivery_id)
