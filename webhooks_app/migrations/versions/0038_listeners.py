"""A computer can fetch the deliveries of a subscription of its own.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import add_column

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    add_column(
        "subscriptions",
        sa.Column("is_listener", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "listeners",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("api_key_id", ID, nullable=False),
        sa.Column("own_key", sa.String(100), nullable=True),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("keep_for", sa.Integer(), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_listeners_subscription_id_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_listeners")),
    )
    op.create_index("uq_listeners_own_key", "listeners", ["api_key_id", "own_key"], unique=True)


def downgrade() -> None:
    op.drop_table("listeners")
    op.drop_column("subscriptions", "is_listener")
