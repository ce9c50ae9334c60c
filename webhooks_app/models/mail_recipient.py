"""Addresses outside an organisation that may be mailed, and daily counts."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import IdText, Moment, OptionalMoment, Word
from webhooks_app.models.ownership import OrganisationOwned


class MailRecipient(OrganisationOwned, Model):
    """An address, in lower case, that an organisation wants to mail.

    It was asked `asked` times, last at `asked_at`. It gets mails of events once it is confirmed and
    has not declined.
    """

    __tablename__ = "mail_recipients"

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    asked: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[OptionalMoment]
    confirmed_at: Mapped[OptionalMoment]
    declined_at: Mapped[OptionalMoment]
    created_at: Mapped[Moment]


class DailyCount(OrganisationOwned, Model):
    """How often an organisation did something on a day (UTC)."""

    __tablename__ = "daily_counts"

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    what: Mapped[Word] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int]
