"""Fingerprints of the encryption keys, compared at each start.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "encryption_keys",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("first_since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_encryption_keys"),
    )


def downgrade() -> None:
    op.drop_table("encryption_keys")
