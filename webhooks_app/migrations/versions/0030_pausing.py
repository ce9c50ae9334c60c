"""Actions and webhooks can be paused: their deliveries are kept and wait.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("paused_at", "paused_until"):
        moment = sa.Column(name, sa.DateTime(timezone=True), nullable=True)
        add_column("subscriptions", moment)


def downgrade() -> None:
    for name in ("paused_until", "paused_at"):
        op.drop_column("subscriptions", name)
