"""The audit log says what kind of actor it was, and from which address and browser.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("actor_kind", sa.String(40), nullable=True))
    op.add_column("audit_log", sa.Column("actor_id", ID, nullable=True))
    op.add_column("audit_log", sa.Column("ip", sa.String(45), nullable=True))
    op.add_column("audit_log", sa.Column("user_agent", sa.String(200), nullable=True))
    op.execute(
        """
        UPDATE audit_log SET actor_id = user_id, actor_kind = CASE
            WHEN user_id IS NOT NULL THEN 'person'
            WHEN action = 'action.unsubscribed' THEN 'visitor'
            WHEN actor = 'command line' THEN 'command_line'
            ELSE 'api_key'
        END
        """
    )


def downgrade() -> None:
    with op.batch_alter_table("audit_log") as table:
        for column in ("user_agent", "ip", "actor_id", "actor_kind"):
            table.drop_column(column)
