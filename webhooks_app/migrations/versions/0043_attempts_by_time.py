"""Attempts are in partitions by time on PostgreSQL, so that old ones are dropped at once.

Revision ID: 0043
Revises: 0042
"""

from alembic import op

from webhooks_app.migrations.partitioning import partition, unpartition

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        partition("attempts", "delivery_id", "msg")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        unpartition("attempts")
