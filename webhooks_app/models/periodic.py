"""When each periodic job last ran: in SQL, so that no restart forgets it or runs it twice."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment


class PeriodicRun(Model):
    """`position` is where the next slice of a long job begins, as JSON; null when none is left."""

    __tablename__ = "periodic_runs"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    last_run_at: Mapped[Moment]
    position: Mapped[str | None] = mapped_column(Text)
