"""Which actions and webhooks ask for what happens to webhooks and deliveries themselves.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

HEARING = sa.text("hears_system AND deleted_at IS NULL")


def upgrade() -> None:
    """Nobody can ask for them yet. The index is built while deliveries continue."""
    add_column(
        "subscriptions",
        sa.Column("hears_system", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    with op.get_context().autocommit_block():
        op.drop_index("ix_subscriptions_hears_system", table_name="subscriptions", if_exists=True)
        op.create_index(
            "ix_subscriptions_hears_system",
            "subscriptions",
            ["organisation_id"],
            postgresql_where=HEARING,
            sqlite_where=HEARING,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_subscriptions_hears_system", table_name="subscriptions")
    op.drop_column("subscriptions", "hears_system")
