"""A program gets a key when someone approves it in the dashboard.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "device_log_ins",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_code", sa.String(9), nullable=False),
        sa.Column("client", sa.String(200), nullable=False),
        sa.Column("preset", sa.String(40), nullable=False),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("polled_at", MOMENT, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("key_organisation_id", ID, nullable=True),
        sa.Column("key_mode", sa.String(40), nullable=True),
        sa.Column("key_name", sa.String(200), nullable=True),
        sa.Column("key_scopes", sa.JSON(), nullable=False),
        sa.Column("key_expires_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_device_log_ins_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_log_ins")),
        sa.UniqueConstraint("digest", name=op.f("uq_device_log_ins_digest")),
        sa.UniqueConstraint("user_code", name=op.f("uq_device_log_ins_user_code")),
    )


def downgrade() -> None:
    op.drop_table("device_log_ins")
