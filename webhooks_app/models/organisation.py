"""The tenant, its members, invitations and API keys."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webhooks_app.extensions import Model
from webhooks_app.models.columns import (
    Id,
    IdText,
    Moment,
    OptionalMoment,
    OptionalRef,
    Texts,
    Word,
)
from webhooks_app.models.ownership import OrganisationOwned, TenantOwned
from webhooks_app.models.user import User


class Organisation(Model):
    """`subscriptions_version` grows with every change of a subscription, so matching can cache."""

    __tablename__ = "organisations"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    plan: Mapped[Word] = mapped_column(default="self_hosted")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    subscriptions_version: Mapped[int] = mapped_column(default=0)
    second_factor_required: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[Moment]


class Membership(OrganisationOwned, Model):
    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('owner', 'admin', 'viewer')", name="role"),)

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Word]

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship()


class Invitation(OrganisationOwned, Model):
    """An open invitation; accepting or revoking deletes it. Only its token's SHA-256 is kept.

    `invited_by_id` is a user or an API key, or null for the command line. It works while that user
    may still make it, or while that key works.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'admin', 'viewer')", name="role"),
        UniqueConstraint("organisation_id", "email"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[Word]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(String(254))
    invited_by_id: Mapped[OptionalRef]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]

    organisation: Mapped[Organisation] = relationship()


class ApiKey(TenantOwned, Model):
    """A bearer key of one organisation and mode. Only its SHA-256 is kept.

    `created_by` is the user who made the key, or the one behind the key that made it. It is null
    for the command line. `created_by_name` says who or what made it. The key stops
    working at `expires_at`; members were warned at `warned_at`. `replaced_by` is the key that a
    rotation made.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("mode IN ('live', 'test')", name="mode"),
        Index(None, "organisation_id"),
        Index(
            "ix_api_keys_expiring",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL AND warned_at IS NULL"),
            sqlite_where=text("expires_at IS NOT NULL AND warned_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    name: Mapped[str] = mapped_column(String(200))
    hint: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[Texts]
    created_by: Mapped[OptionalRef]
    created_by_name: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[Moment]
    expires_at: Mapped[OptionalMoment]
    warned_at: Mapped[OptionalMoment]
    replaced_by: Mapped[OptionalRef]
    last_used_at: Mapped[OptionalMoment]
    last_used_ip: Mapped[str | None] = mapped_column(String(45))
    revoked_at: Mapped[OptionalMoment]
