"""Metadata of subscriptions: texts of the customer's own.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("metadata", sa.JSON(), server_default="{}", nullable=False)
    op.add_column("subscriptions", column)


def downgrade() -> None:
    op.drop_column("subscriptions", "metadata")
