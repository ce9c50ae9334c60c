"""Events say how many deliveries of ours led to them, and whose conditions were not tried.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A constant default rewrites no rows; earlier columns stay as they are."""
    hops = sa.Column("hops", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("events", hops)
    op.add_column("events", sa.Column("untried", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("events", "untried")
    op.drop_column("events", "hops")
