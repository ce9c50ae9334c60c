"""API keys and invitations know who made them; keys expire, are rotated, and say where from they
were used.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
KEY_COLUMNS = (
    sa.Column("created_by", ID, nullable=True),
    sa.Column("created_by_name", sa.String(254), nullable=True),
    sa.Column("expires_at", MOMENT, nullable=True),
    sa.Column("warned_at", MOMENT, nullable=True),
    sa.Column("replaced_by", ID, nullable=True),
    sa.Column("last_used_ip", sa.String(45), nullable=True),
)


def upgrade() -> None:
    for column in KEY_COLUMNS:
        op.add_column("api_keys", column)
    op.create_index(
        "ix_api_keys_expiring",
        "api_keys",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL AND warned_at IS NULL"),
        sqlite_where=sa.text("expires_at IS NOT NULL AND warned_at IS NULL"),
    )
    for name, value in (("created_by", "user_id"), ("created_by_name", "actor")):
        op.execute(
            f"""
            UPDATE api_keys SET {name} = (
                SELECT min({value}) FROM audit_log
                WHERE audit_log.organisation_id = api_keys.organisation_id
                AND action = 'api_key.created' AND target_id = api_keys.id
            )
            """  # noqa: S608
        )
    op.add_column("invitations", sa.Column("invited_by_id", ID, nullable=True))
    op.execute(
        """
        UPDATE invitations SET invited_by_id = (
            SELECT id FROM users WHERE users.email = invitations.invited_by
        )
        """
    )


def downgrade() -> None:
    with op.batch_alter_table("invitations") as table:
        table.drop_column("invited_by_id")
    op.drop_index("ix_api_keys_expiring", "api_keys")
    with op.batch_alter_table("api_keys") as table:
        for column in reversed(KEY_COLUMNS):
            table.drop_column(column.name)
