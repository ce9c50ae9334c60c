"""One notification per endpoint, cause and day, which counts what failed.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index is built outside of the transaction, so that deliveries continue meanwhile."""
    add_column(
        "notifications", sa.Column("count", sa.Integer(), server_default="1", nullable=False)
    )
    add_column("notifications", sa.Column("cause", sa.String(40), nullable=True))
    add_column("notifications", sa.Column("slot", sa.String(120), nullable=True))
    add_column("notifications", sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
    with op.get_context().autocommit_block():
        op.drop_index("uq_notifications_slot", table_name="notifications", if_exists=True)
        op.create_index(
            "uq_notifications_slot",
            "notifications",
            ["slot"],
            unique=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("uq_notifications_slot", table_name="notifications")
    for name in ("last_at", "slot", "cause", "count"):
        op.drop_column("notifications", name)
