"""Sessions know when the person last proved who they are; log-ins that failed are kept.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("user_sessions", sa.Column("authenticated_at", moment, nullable=True))
    op.add_column("user_sessions", sa.Column("last_ip", sa.String(45), nullable=True))
    op.add_column("user_sessions", sa.Column("shown_once", sa.Text(), nullable=True))
    op.create_table(
        "failed_log_ins",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_failed_log_ins_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_log_ins")),
    )
    for columns in (["user_id", "created_at"], ["created_at"]):
        name = op.f(f"ix_failed_log_ins_{'_'.join(columns)}")
        op.create_index(name, "failed_log_ins", columns)


def downgrade() -> None:
    op.drop_table("failed_log_ins")
    with op.batch_alter_table("user_sessions") as batch_op:
        for name in ("authenticated_at", "last_ip", "shown_once"):
            batch_op.drop_column(name)
