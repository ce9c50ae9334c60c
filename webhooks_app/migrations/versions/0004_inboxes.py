"""Inboxes answer as they are told, and may borrow the secret of a webhook.

Revision ID: 0004
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
INBOX_COLUMNS = (
    sa.Column("subscription_id", ID, nullable=True),
    sa.Column("answer_status", sa.Integer(), server_default="200", nullable=False),
    sa.Column("answer_delay_ms", sa.Integer(), server_default="0", nullable=False),
    sa.Column("answer_body", sa.Text(), server_default='{"received":true}', nullable=False),
    sa.Column("answer_type", sa.String(length=40), server_default="json", nullable=False),
)
REQUEST_COLUMNS = (
    sa.Column("source", sa.String(length=64), server_default="", nullable=False),
    sa.Column("status", sa.Integer(), server_default="200", nullable=False),
    sa.Column("delay_ms", sa.Integer(), server_default="0", nullable=False),
    sa.Column("delay_skipped", sa.Boolean(), server_default=sa.false(), nullable=False),
)


def upgrade() -> None:
    for table, columns in (("inboxes", INBOX_COLUMNS), ("inbox_requests", REQUEST_COLUMNS)):
        for column in columns:
            op.add_column(table, column.copy())


def downgrade() -> None:
    for table, columns in (("inbox_requests", REQUEST_COLUMNS), ("inboxes", INBOX_COLUMNS)):
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)
