"""Actions and webhooks can have a key of their owner's.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NAMED = sa.text("own_key IS NOT NULL AND deleted_at IS NULL")


def upgrade() -> None:
    """The index is built outside of the transaction, so that deliveries continue meanwhile."""
    add_column("subscriptions", sa.Column("own_key", sa.String(100), nullable=True))
    with op.get_context().autocommit_block():
        op.drop_index("ix_subscriptions_own_key", table_name="subscriptions", if_exists=True)
        op.create_index(
            "ix_subscriptions_own_key",
            "subscriptions",
            ["organisation_id", "mode", "kind", "own_key"],
            unique=True,
            postgresql_where=NAMED,
            sqlite_where=NAMED,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_subscriptions_own_key", table_name="subscriptions")
    op.drop_column("subscriptions", "own_key")
