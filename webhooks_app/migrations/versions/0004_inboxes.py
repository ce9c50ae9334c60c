"""Inboxes have a chosen answer, and may use a webhook's secret.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
ANSWER = '{"received":true}'


def upgrade() -> None:
    for column in (
        sa.Column("subscription_id", ID, nullable=True),
        sa.Column("answer_status", sa.Integer(), server_default="200", nullable=False),
        sa.Column("answer_delay_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer_body", sa.Text(), server_default=ANSWER, nullable=False),
        sa.Column("answer_type", sa.String(length=40), server_default="json", nullable=False),
    ):
        op.add_column("inboxes", column)
    for column in (
        sa.Column("source", sa.String(length=64), server_default="", nullable=False),
        sa.Column("status", sa.Integer(), server_default="200", nullable=False),
        sa.Column("delay_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delay_skipped", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("inbox_requests", column)


def downgrade() -> None:
    with op.batch_alter_table("inbox_requests") as batch_op:
        for name in ("delay_skipped", "delay_ms", "status", "source"):
            batch_op.drop_column(name)
    with op.batch_alter_table("inboxes") as batch_op:
        for name in ("answer_type", "answer_body", "answer_delay_ms", "answer_status"):
            batch_op.drop_column(name)
        batch_op.drop_column("subscription_id")
