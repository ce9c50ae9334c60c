"""Which database this is, so that a restored copy is recognised."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment


class DatabaseIdentity(Model):
    """The database that workers may deliver from: one row."""

    __tablename__ = "database_identity"

    identity: Mapped[str] = mapped_column(String(80), primary_key=True)
    known_since: Mapped[Moment]
