"""The filters that people named and kept."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webhooks_app.extensions import Model
from webhooks_app.models.columns import Id, IdText, Moment, Object, Word
from webhooks_app.models.ownership import TenantOwned


class SavedView(TenantOwned, Model):
    """A member's own view of a list: `page` is deliveries or events, `filters` what its address
    says."""

    __tablename__ = "saved_views"
    __table_args__ = (
        CheckConstraint("page IN ('deliveries', 'events')", name="page"),
        UniqueConstraint("user_id", "organisation_id", "mode", "page", "name"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[str] = mapped_column(
        IdText, ForeignKey("organisations.id", ondelete="CASCADE")
    )
    mode: Mapped[Word]
    user_id: Mapped[str] = mapped_column(IdText, ForeignKey("users.id", ondelete="CASCADE"))
    page: Mapped[Word]
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[Object]
    created_at: Mapped[Moment]
