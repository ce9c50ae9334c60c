"""One thing that happened. It never changes after it was accepted."""

from sqlalchemy import (
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, Long, Moment, OptionalMoment, Ref, Word
from webhooks_app.models.ownership import TenantOwned


class Event(TenantOwned, Model):
    """An event.

    `data` is the producer's JSON text, byte for byte; `fan_out` is how many deliveries it planned.
    `changed` is a list, as JSON text, of the paths that changed since the object's previous event,
    as reported by the producer or compared by us; null if unknown. It is text since JSONB refuses a
    NUL in a name. `hops` is how many of our deliveries led to it, one causing the next. `untried`
    is how many subscriptions count as not matched because their conditions cost too much; null for
    none. `traceparent` is what it keeps of a trace (`lib/traceparent`).
    `erased_at`: its data was erased then (`events.erasure`). Events and deliveries have
    no foreign keys: each would cost a locked look-up per row on the busiest path. The command
    `audit` looks for orphans instead. `idempotency_key` and `source_id` are unique for a tenant: by
    `event_keys` on PostgreSQL, whose partitions cannot see to it, and by two indexes on SQLite.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("origin IN ('api', 'chat', 'test', 'ping')", name="origin"),
        Index(None, "organisation_id", "mode", "id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[Id]
    organisation_id: Mapped[Ref]
    mode: Mapped[Word]
    type: Mapped[str] = mapped_column(String(100))
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[Long]
    origin: Mapped[Word]
    fan_out: Mapped[int]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    source_id: Mapped[str | None] = mapped_column(String(255))
    occurred_at: Mapped[Moment]
    created_at: Mapped[Moment]
    changed: Mapped[str | None] = mapped_column(Text)
    hops: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    untried: Mapped[int | None]
    traceparent: Mapped[str | None] = mapped_column(String(55))
    erased_at: Mapped[OptionalMoment]


class EventKey(TenantOwned, Model):
    """What makes an event unique: `kind` is `idempotency_key` or `source_id`.

    Triggers of `events` keep the table on PostgreSQL. On SQLite it is empty.
    """

    __tablename__ = "event_keys"
    __table_args__ = (
        PrimaryKeyConstraint("organisation_id", "mode", "kind", "key"),
        Index(None, "event_id"),
    )

    organisation_id: Mapped[Ref]
    mode: Mapped[Word]
    kind: Mapped[Word]
    key: Mapped[str] = mapped_column(String(255))
    event_id: Mapped[Ref]
