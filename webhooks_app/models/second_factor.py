"""What proves a log-in besides the password."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, OptionalMoment


class AuthenticatorApp(Model):
    """A TOTP secret (RFC 6238), encrypted. `last_step` is the time step of the last accepted code.

    No code of that step or an earlier one is accepted.
    """

    __tablename__ = "authenticator_apps"

    user_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    sealed_secret: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Moment]
    last_used_at: Mapped[OptionalMoment]


class Passkey(Model):
    """A WebAuthn credential. `public_key` is a COSE key, `credential_id` is base64url."""

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[str] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[Moment]
    last_used_at: Mapped[OptionalMoment]


class RecoveryCode(Model):
    """A code that replaces a lost second factor, once; deleted when it is used.

    Only its SHA-256 is kept.
    """

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
