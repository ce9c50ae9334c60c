"""Digests.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SCHEDULED = sa.text("schedule IS NOT NULL")


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("schedule", JSON, nullable=True))
    op.add_column(
        "subscriptions", sa.Column("digest_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_subscriptions_digests",
        "subscriptions",
        ["id"],
        postgresql_where=SCHEDULED,
        sqlite_where=SCHEDULED,
    )
    op.create_table(
        "digests",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", ID, nullable=True),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_digests_subscription_id_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint(
            "subscription_id",
            "window_start",
            name=op.f("uq_digests_subscription_id_window_start"),
        ),
    )


def downgrade() -> None:
    op.drop_table("digests")
    op.drop_index("ix_subscriptions_digests", table_name="subscriptions")
    with op.batch_alter_table("subscriptions") as batch_op:
        batch_op.drop_column("digest_since")
        batch_op.drop_column("schedule")
