"""What failed or was cancelled is found at once, however long the log.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNDELIVERED = sa.text("status IN ('failed', 'cancelled')")


def upgrade() -> None:
    """Outside of the transaction, so that deliveries continue meanwhile.

    A build that was interrupted leaves an index behind that finds nothing.
    """
    with op.get_context().autocommit_block():
        op.drop_index("ix_deliveries_undelivered", table_name="deliveries", if_exists=True)
        op.create_index(
            "ix_deliveries_undelivered",
            "deliveries",
            ["organisation_id", "mode", "status", "id"],
            postgresql_where=UNDELIVERED,
            sqlite_where=UNDELIVERED,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index("ix_deliveries_undelivered", table_name="deliveries")
