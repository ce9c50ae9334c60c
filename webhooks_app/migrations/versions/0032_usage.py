"""What each organisation used a day, for bills.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("deliveries", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "organisation_id", "mode", name=op.f("pk_usage")),
    )


def downgrade() -> None:
    op.drop_table("usage")
