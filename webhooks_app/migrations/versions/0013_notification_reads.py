"""Each member reads notifications for themselves.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notification_reads",
        sa.Column("notification_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("fk_notification_reads_notification_id_notifications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_notification_reads_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", "user_id", name=op.f("pk_notification_reads")),
    )
    op.create_index(op.f("ix_notification_reads_user_id"), "notification_reads", ["user_id"])
    op.execute(
        """
        INSERT INTO notification_reads (notification_id, user_id)
        SELECT notifications.id, memberships.user_id
        FROM notifications
        JOIN memberships ON memberships.organisation_id = notifications.organisation_id
        WHERE notifications.read_at IS NOT NULL
        """
    )


def downgrade() -> None:
    op.execute(
        """
        UPDATE notifications SET read_at = created_at
        WHERE read_at IS NULL AND id IN (SELECT notification_id FROM notification_reads)
        """
    )
    op.drop_table("notification_reads")
