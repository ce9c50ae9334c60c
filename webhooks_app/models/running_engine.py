"""Engines that hold deliveries."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Moment


class RunningEngine(Model):
    """An engine with something in flight, by the number that its claims carry.

    It is dead once `alive_until` has passed; its deliveries may then be sent again.
    """

    __tablename__ = "engines"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    alive_until: Mapped[Moment]
