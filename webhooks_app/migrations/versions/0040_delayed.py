"""Retries that wait are kept apart, so that a claim does not walk over their subscriptions.

Older engines still use `ix_deliveries_due`. What they write is claimed as well: `delayed` only
decides whether a claim promotes a delivery first.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

DUE = sa.text("due_at IS NOT NULL")
READY = sa.text("CASE WHEN NOT delayed THEN due_at END IS NOT NULL")
DELAYED = sa.text("CASE WHEN delayed THEN due_at END IS NOT NULL")
INDEXES = (
    ("ix_deliveries_ready", ["subscription_id", "due_at"], READY),
    ("ix_deliveries_delayed", ["due_at"], DELAYED),
    ("ix_deliveries_delayed_of", ["subscription_id", "due_at"], DELAYED),
)


def upgrade() -> None:
    """The indexes are built outside of the transaction, so that deliveries continue meanwhile."""
    add_column(
        "deliveries",
        sa.Column("delayed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    with op.get_context().autocommit_block():
        for name, columns, those in INDEXES:
            op.drop_index(name, table_name="deliveries", if_exists=True)
            op.create_index(
                name,
                "deliveries",
                columns,
                postgresql_where=those,
                sqlite_where=those,
                postgresql_concurrently=True,
            )


def downgrade() -> None:
    """The code of 0039 needs `ix_deliveries_due`, which may have been dropped by hand."""
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_deliveries_due",
            "deliveries",
            ["subscription_id", "due_at"],
            postgresql_where=DUE,
            sqlite_where=DUE,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="deliveries")
    op.drop_column("deliveries", "delayed")
