"""The data of an event can be erased.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_column("events", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("events", "erased_at")
