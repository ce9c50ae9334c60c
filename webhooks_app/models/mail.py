"""What is sent by e-mail, and what became of it."""

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, Long, Moment, OptionalMoment, Word


class Mail(Model):
    """`status` is pending, sent, failed, or outbox: kept to be read here, as no SMTP is set.

    `due_at` is when it is tried (again): set while it is pending, and while it is being sent the
    moment at which it is given up for lost. `text` and `html` are emptied when nothing is left to
    do, since what they link to may open something.
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
