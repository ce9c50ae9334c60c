"""When subscriptions were switched off by themselves, and what replays recover of it.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_outages_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_outages_subscription_id_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    op.create_index(
        op.f("ix_outages_organisation_id_mode_id"), "outages", ["organisation_id", "mode", "id"]
    )
    op.create_index(op.f("ix_outages_subscription_id"), "outages", ["subscription_id"])
    op.add_column("replay_batches", sa.Column("event_position", ID, nullable=True))
    op.add_column(
        "replay_batches",
        sa.Column("recovered", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    with op.batch_alter_table("replay_batches") as batch_op:
        batch_op.drop_column("recovered")
        batch_op.drop_column("event_position")
    op.drop_table("outages")
