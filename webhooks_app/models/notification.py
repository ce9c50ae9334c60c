"""Notifications in the dashboard, and who has read them."""

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Long, Moment, OptionalMoment, OptionalRef, Word
from webhooks_app.models.ownership import TenantOwned


class Notification(TenantOwned, Model):
    """`kind` is delivery_failed, endpoint_failing, endpoint_disabled, paused_too_long or
    key_expiring.

    A notification of failures is the only one of its `slot`: of one subscription, `cause` and day.
    It counts them, the last one at `last_at`. `cause` is a status code or a kind of failure. While
    `mail_due`, a mail to owners and admins is still to come. `read_at` is no longer used; it
    stays for web servers of an older release, which read it on each page during an upgrade.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index(None, "organisation_id", "mode", "id"),
        Index("uq_notifications_slot", "slot", unique=True),
        Index(
            "ix_notifications_mail_due",
            "id",
            postgresql_where=text("mail_due"),
            sqlite_where=text("mail_due"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    kind: Mapped[Word]
    subscription_id: Mapped[OptionalRef]
    delivery_id: Mapped[OptionalRef]
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[Long]
    count: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    cause: Mapped[str | None] = mapped_column(String(40))
    slot: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[Moment]
    last_at: Mapped[OptionalMoment]
    read_at: Mapped[OptionalMoment]
    mail_due: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class NotificationRead(Model):
    """A member has read the notification."""

    __tablename__ = "notification_reads"

    notification_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
