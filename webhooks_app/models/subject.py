"""The chatbots, rooms and spaces that an organisation has named."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import IdText, Moment
from webhooks_app.models.ownership import OrganisationOwned


class Subject(OrganisationOwned, Model):
    """`id` is the platform's own. Names are only for people; events do not need them."""

    __tablename__ = "subjects"

    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[Moment]
