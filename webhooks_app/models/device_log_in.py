"""A program that waits until someone approves its log-in."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, OptionalMoment, OptionalRef, Texts, Word


class DeviceLogIn(Model):
    """One log-in by device (RFC 8628), for some minutes.

    `digest` is that of the device code, which only the program knows; people compare `user_code`.
    `status` is waiting, approved or refused. `user_id` is who approved it, and chose what follows:
    the members of the key that the program gets.
    """

    __tablename__ = "device_log_ins"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_code: Mapped[str] = mapped_column(String(9), unique=True)
    client: Mapped[str] = mapped_column(String(200))
    preset: Mapped[Word]
    ip: Mapped[str] = mapped_column(String(45))
    status: Mapped[Word] = mapped_column(default="waiting")
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    polled_at: Mapped[OptionalMoment]
    user_id: Mapped[str | None] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"))
    key_organisation_id: Mapped[OptionalRef]
    key_mode: Mapped[str | None] = mapped_column(String(40))
    key_name: Mapped[str | None] = mapped_column(String(200))
    key_scopes: Mapped[Texts] = mapped_column(default=list)
    key_expires_at: Mapped[OptionalMoment]
