"""How long a subscription waits for an answer, and whether its failures are mailed.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("timeout", sa.Double(), nullable=True))
    op.add_column(
        "subscriptions",
        sa.Column("failure_mail", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    with op.batch_alter_table("subscriptions") as batch_op:
        batch_op.drop_column("failure_mail")
        batch_op.drop_column("timeout")
