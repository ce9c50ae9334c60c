"""When each periodic job last ran: in SQL, so that no restart forgets it or runs it twice."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment


class PeriodicRun(Model):
    __tablename__ = "periodic_runs"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    last_run_at: Mapped[Moment]
