"""One event for one subscription, and every attempt to deliver it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    FetchedValue,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    false,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.lib.json_text import HeaderList
from webhooks_app.lib.packed_headers import unpack, unpack_received
from webhooks_app.models.columns import (
    Id,
    Long,
    Moment,
    OptionalMoment,
    OptionalRef,
    Ref,
    UtcDateTime,
    Word,
)
from webhooks_app.models.ownership import TenantOwned
from webhooks_app.models.queued import Queued

# What an engine of the version before left open, or a web server of that version planned. Claims
# move it to the queue (`engine.adoption`).
OLDER_READY = "CASE WHEN NOT delayed THEN due_at END IS NOT NULL"
OLDER_DELAYED = "CASE WHEN delayed THEN due_at END IS NOT NULL"


class Delivery(TenantOwned, Model):
    """A row of the log. Until it has ended, it also has a row in the queue (`Queued`).

    `due_at` is when it should be sent; null once it has ended. `tries` counts claims, `failures`
    the tries that failed. `wire_format` is stored here, so that every try sends the same bytes.
    `trigger` is event, replay, recovery or test. Those of an event are planned once, in the
    transaction that stores it. The database keeps `undelivered`: failed, cancelled or null, for an
    index. `status` is in no index, so its changes are HOT updates.
    Versions before the queue keep `older_due_at`, `delayed` and `claimed_by` here.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        # The next three are for engines of the version before.
        Index(
            "ix_deliveries_ready",
            "subscription_id",
            "due_at",
            postgresql_where=text(OLDER_READY),
            sqlite_where=text(OLDER_READY),
        ),
        Index(
            "ix_deliveries_delayed",
            "due_at",
            postgresql_where=text(OLDER_DELAYED),
            sqlite_where=text(OLDER_DELAYED),
        ),
        Index(
            "ix_deliveries_delayed_of",
            "subscription_id",
            "due_at",
            postgresql_where=text(OLDER_DELAYED),
            sqlite_where=text(OLDER_DELAYED),
        ),
        Index(
            "ix_deliveries_planned",
            "event_id",
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
            "ix_deliveries_not_delivered",
            "organisation_id",
            "mode",
            "undelivered",
            "id",
            postgresql_where=text("undelivered IS NOT NULL"),
            sqlite_where=text("undelivered IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_not_delivered_of",
            "subscription_id",
            "undelivered",
            "id",
            postgresql_where=text("undelivered IS NOT NULL"),
            sqlite_where=text("undelivered IS NOT NULL"),
        ),
        Index(None, "subscription_id", "id"),
        Index(None, "organisation_id", "mode", "id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[Id] = mapped_column()
    organisation_id: Mapped[Ref]
    mode: Mapped[Word]
    subscription_id: Mapped[Ref]
    event_id: Mapped[Ref]
    trigger: Mapped[Word]
    replay_of: Mapped[OptionalRef]
    wire_format: Mapped[Word]
    status: Mapped[Word]
    undelivered: Mapped[str | None] = mapped_column(String(40), FetchedValue(for_update=True))
    older_due_at: Mapped[datetime | None] = mapped_column("due_at", UtcDateTime)
    delayed: Mapped[bool] = mapped_column(default=False, server_default=false())
    tries: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    status_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[Moment]
    finished_at: Mapped[OptionalMoment]
    claimed_by: Mapped[int | None] = mapped_column(BigInteger)

    due_at: Mapped[datetime | None] = column_property(
        func.coalesce(
            select(Queued.due_at)
            .where(Queued.delivery_id == id)
            .correlate_except(Queued)
            .scalar_subquery(),
            older_due_at,
        )
    )


class Attempt(Model):
    """One attempt. `number` is the delivery's `tries` when it was claimed.

    `outcome` is succeeded, failed or lost (its worker died before the answer was stored). `failure`
    names the kind of failure. Headers are packed JSON text, for `sent_headers` and
    `received_headers`; values of custom headers are masked.
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
        return unpack(self.request_headers, self.delivery_id, self.started_at)

    @property
    def received_headers(self) -> HeaderList:
        """The headers of the answer; none if the row cannot be read."""
        return unpack_received(self.response_headers)
