"""Actions by e-mail, and notices by mail.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column(
        "subscriptions",
        sa.Column("email_to", JSON, nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("subscriptions", sa.Column("email_subject", sa.String(200), nullable=True))
    op.add_column(
        "subscription_health",
        sa.Column("failed_told", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "subscription_health",
        sa.Column("failed_told_at", sa.DateTime(timezone=True), nullable=True),
    )
    # What failed before is in the dashboard; nobody is mailed about the past.
    op.execute("UPDATE subscription_health SET failed_told = failed")
    op.create_index(
        "ix_subscription_health_untold",
        "subscription_health",
        ["subscription_id"],
        postgresql_where=sa.text("failed > failed_told"),
        sqlite_where=sa.text("failed > failed_told"),
    )
    op.add_column(
        "notifications",
        sa.Column("mail_due", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.create_index(
        "ix_notifications_mail_due",
        "notifications",
        ["id"],
        postgresql_where=sa.text("mail_due"),
        sqlite_where=sa.text("mail_due"),
    )


def downgrade() -> None:
    op.drop_index("ix_notifications_mail_due", table_name="notifications")
    op.drop_index("ix_subscription_health_untold", table_name="subscription_health")
    with op.batch_alter_table("notifications") as batch_op:
        batch_op.drop_column("mail_due")
    with op.batch_alter_table("subscription_health") as batch_op:
        batch_op.drop_column("failed_told_at")
        batch_op.drop_column("failed_told")
    with op.batch_alter_table("subscriptions") as batch_op:
        batch_op.drop_column("email_subject")
        batch_op.drop_column("email_to")
