"""Field filters and rate limits.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("events", sa.Column("changed", sa.Text(), nullable=True))
    op.add_column(
        "subscriptions",
        sa.Column("changed_fields", JSON, nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("subscriptions", sa.Column("rate_limit", sa.Double(), nullable=True))
    op.create_table(
        "send_allowances",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_send_allowances_subscription_id_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_send_allowances")),
    )
    op.create_table(
        "object_states",
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("event_id", ID, nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation_id", "mode", "type", "object_id", name=op.f("pk_object_states")
        ),
    )


def downgrade() -> None:
    op.drop_table("object_states")
    op.drop_table("send_allowances")
    with op.batch_alter_table("subscriptions") as batch_op:
        batch_op.drop_column("rate_limit")
        batch_op.drop_column("changed_fields")
    with op.batch_alter_table("events") as batch_op:
        batch_op.drop_column("changed")
