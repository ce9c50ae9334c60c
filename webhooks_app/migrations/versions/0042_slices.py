"""Long periodic jobs remember where they stopped.

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_column("periodic_runs", sa.Column("position", sa.Text()))


def downgrade() -> None:
    op.drop_column("periodic_runs", "position")
