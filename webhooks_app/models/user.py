"""A person who can log in, their sessions, and password resets."""

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.security import check_password_hash, generate_password_hash

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, OptionalMoment


class User(UserMixin, Model):  # type: ignore[misc]
    """`email` is in lower case. `is_operator` gives access to the RQ dashboard and the outbox."""

    __tablename__ = "users"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    is_operator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]

    def set_password(self, password: str) -> None:
        self.password_hash = generate_password_hash(password)

    def has_password(self, password: str) -> bool:
        return check_password_hash(self.password_hash, password)


class UserSession(Model):
    """One logged-in browser, until `revoked_at`. `last_seen_at` is exact to the minute.

    `authenticated_at` is when the person last proved who they are; null for log-ins from before
    this was stored. `shown_once` holds an encrypted secret that the next page shows.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[str] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    revoked_at: Mapped[OptionalMoment]
    authenticated_at: Mapped[OptionalMoment]
    last_ip: Mapped[str | None] = mapped_column(String(45))
    shown_once: Mapped[str | None] = mapped_column(Text)


class FailedLogIn(Model):
    """A wrong password or second factor.

    Without a user, the e-mail has no account: the row makes that take equally long.
    """

    __tablename__ = "failed_log_ins"
    __table_args__ = (Index(None, "user_id", "created_at"), Index(None, "created_at"))

    id: Mapped[Id]
    user_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Moment]


class PasswordReset(Model):
    """A link that sets a new password, once; deleted when it is used. Only its SHA-256 is kept.

    Without a user it does nothing: someone asked for an e-mail that has no account.
    """

    __tablename__ = "password_resets"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
