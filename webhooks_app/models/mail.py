"""E-mails and their state."""

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, Long, Moment, OptionalMoment, Word


class Mail(Model):
    """An e-mail.

    `status` is pending, sent, failed, or outbox: kept for operators to read, since no SMTP server
    is set. `due_at` is set while it is pending: the time of the next try, or during a try the time
    when that counts as lost. `text` and `html` are emptied at the end, since their links may give
    access.
    """

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'sent', 'failed', 'outbox')", name="status"),
        CheckConstraint("(due_at IS NOT NULL) = (status = 'pending')", name="due"),
        Index(
            "ix_mails_due",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[Long]
    text: Mapped[Long]
    html: Mapped[Long]
    template: Mapped[Word]
    status: Mapped[Word]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(500))
    due_at: Mapped[OptionalMoment]
    created_at: Mapped[Moment]
    sent_at: Mapped[OptionalMoment]
