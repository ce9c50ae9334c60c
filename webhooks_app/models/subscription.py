"""A subscription: which events go where, and how."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    String,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from webhooks_app.extensions import Model
from webhooks_app.models.columns import (
    Id,
    IdText,
    Long,
    Moment,
    Object,
    Objects,
    OptionalMoment,
    OptionalObject,
    Pairs,
    Texts,
    UtcDateTime,
    Word,
)
from webhooks_app.models.ownership import TenantOwned
from webhooks_app.models.shapes import JsonOf, UnreadableDict, is_readable
from webhooks_app.vocabulary import RESERVED

POLICY = str | dict[str, Any]


class Subscription(TenantOwned, Model):
    """An action or a webhook.

    `scope_type` and `scope_id` are both null for "all". `schedule` makes an e-mail action a digest
    (see `digests.schedule`), whose first window begins at `digest_since`. `former_urls` are pairs
    of a delivery id and the URL for deliveries with lower ids, oldest first: a new URL is only for
    new deliveries (Pivotal, "Gotcha"). `revision` grows with every edit (optimistic locking), which
    tells an engine that its copy is stale. Deleting keeps the row, so that logs stay readable.
    `changed_fields` are paths into an event's data, empty for any change. `rate_limit` is how many
    tries a second may start, null for no limit. `timeout` is how many seconds an answer may take,
    null for the operator's limit. `failure_mail`: failures are also reported by mail. An e-mail
    goes to each address of `email_to`; a null `email_subject` is made from the event.
    `disabled_reason` is set when Hookline switched it off, `disabled_by` when someone did. While
    `paused_at` is set, deliveries are kept and wait, until `paused_until` or until someone resumes
    it. One that is off keeps both, so that Undo can bring the pause back, but is not paused.
    `hears_system`: it asks for what happens to webhooks, deliveries and keys themselves.
    `is_listener`: a computer fetches its deliveries (see `listeners`), so engines pass over them.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("kind IN ('action', 'webhook')", name="kind"),
        CheckConstraint("mode IN ('live', 'test')", name="mode"),
        CheckConstraint("channel IN ('webhook', 'email')", name="channel"),
        CheckConstraint("(scope_type IS NULL) = (scope_id IS NULL)", name="scope"),
        Index(None, "organisation_id", "mode"),
        Index(
            "ix_subscriptions_digests",
            "id",
            postgresql_where=text("schedule IS NOT NULL"),
            sqlite_where=text("schedule IS NOT NULL"),
        ),
        Index(
            "ix_subscriptions_hears_system",
            "organisation_id",
            postgresql_where=text("hears_system AND deleted_at IS NULL"),
            sqlite_where=text("hears_system AND deleted_at IS NULL"),
        ),
        Index(
            "ix_subscriptions_own_key",
            "organisation_id",
            "mode",
            "kind",
            "own_key",
            unique=True,
            postgresql_where=text("own_key IS NOT NULL AND deleted_at IS NULL"),
            sqlite_where=text("own_key IS NOT NULL AND deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    kind: Mapped[Word]
    channel: Mapped[Word]
    own_key: Mapped[str | None] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[Long]
    former_urls: Mapped[Pairs] = mapped_column(default=list, server_default=text("'[]'"))
    event_types: Mapped[Texts]
    hears_system: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_listener: Mapped[bool] = mapped_column(default=False, server_default=false())
    scope_type: Mapped[str | None] = mapped_column(String(40))
    scope_id: Mapped[str | None] = mapped_column(String(200))
    conditions: Mapped[Objects]
    match: Mapped[Word] = mapped_column(default="all")
    changed_fields: Mapped[Texts] = mapped_column(default=list, server_default=text("'[]'"))
    schedule: Mapped[OptionalObject]
    digest_since: Mapped[OptionalMoment]
    wire_format: Mapped[Word] = mapped_column(default="standard")
    retry_policy: Mapped[Any] = mapped_column(JsonOf(POLICY, UnreadableDict), default="pivot")
    rate_limit: Mapped[float | None] = mapped_column(Double)
    timeout: Mapped[float | None] = mapped_column(Double)
    failure_mail: Mapped[bool] = mapped_column(default=True, server_default=true())
    email_to: Mapped[Texts] = mapped_column(default=list, server_default=text("'[]'"))
    email_subject: Mapped[str | None] = mapped_column(String(200))
    metadata_: Mapped[Object] = mapped_column("metadata", default=dict, server_default="{}")
    sealed_headers: Mapped[Long]
    sealed_secret: Mapped[Long]
    sealed_previous_secret: Mapped[str | None] = mapped_column(Text)
    previous_secret_expires_at: Mapped[OptionalMoment]
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    disabled_at: Mapped[OptionalMoment]
    disabled_by: Mapped[str | None] = mapped_column(String(254))
    paused_at: Mapped[OptionalMoment]
    paused_until: Mapped[OptionalMoment]
    deleted_at: Mapped[OptionalMoment]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]

    health: Mapped["SubscriptionHealth"] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": revision}

    @validates("event_types")
    def _note_system(self, _: str, event_types: Sequence[str]) -> Sequence[str]:
        self.hears_system = any(name.startswith(RESERVED) for name in event_types or ())
        return event_types

    @property
    def is_readable(self) -> bool:
        """Whether all of its JSON columns can be read."""
        columns = (
            self.former_urls,
            self.event_types,
            self.conditions,
            self.changed_fields,
            self.schedule,
            self.retry_policy,
            self.email_to,
            self.metadata_,
        )
        return is_readable(*columns)

    @classmethod
    def is_present(cls) -> ColumnElement[bool]:
        """Not deleted. The log still shows the names of deleted ones."""
        return cls.deleted_at.is_(None)

    @classmethod
    def may_be_held_back(cls) -> ColumnElement[bool]:
        """By its rate limit, because it is paused, or by the computer of a listener."""
        return cls.rate_limit.is_not(None) | cls.paused_at.is_not(None) | cls.is_listener

    @property
    def is_paused(self) -> bool:
        return self.enabled and self.paused_at is not None

    @property
    def is_off_automatically(self) -> bool:
        """Switched off by Hookline, not by a person."""
        return not self.enabled and self.disabled_reason is not None and self.disabled_by is None

    @property
    def is_digest(self) -> bool:
        """Whether it gets digests instead of single events."""
        return self.channel == "email" and self.schedule is not None


class SubscriptionHealth(Model):
    """The counters of a subscription, apart from it since the engine writes them in every batch.

    `failing_since` is the first failure after the last success, null while it works. Of the
    `failed` deliveries, `failed_told` were reported by mail, last at `failed_told_at`.
    """

    __tablename__ = "subscription_health"
    __table_args__ = (
        Index(
            "ix_subscription_health_untold",
            "subscription_id",
            postgresql_where=text("failed > failed_told"),
            sqlite_where=text("failed > failed_told"),
        ),
    )

    subscription_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    delivered: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)
    failed_attempts: Mapped[int] = mapped_column(BigInteger, default=0)
    last_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_told: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    failed_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def success_rate(self) -> float | None:
        """Of all attempts, the part that was delivered."""
        attempts = self.delivered + self.failed_attempts
        return self.delivered / attempts if attempts else None


class SendAllowance(Model):
    """How much of its rate limit a subscription has used.

    As in the generic cell rate algorithm (ITU-T I.371), `next_free_at` is when all started tries
    would have started if evenly spaced. The row is made when the first try of a limited
    subscription starts; claims lock it.
    """

    __tablename__ = "send_allowances"

    subscription_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    next_free_at: Mapped[Moment]
