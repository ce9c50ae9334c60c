"""How long each part of an attempt took, and over what it was sent. Null for older ones.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("queue_ms", "lookup_ms", "connect_ms", "tls_ms", "first_byte_ms", "body_ms"):
        op.add_column("attempts", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("attempts", sa.Column("address", sa.String(45), nullable=True))
    op.add_column("attempts", sa.Column("http_version", sa.String(8), nullable=True))
    op.add_column("attempts", sa.Column("tls_version", sa.String(8), nullable=True))
    ends = sa.Column("certificate_ends_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("attempts", ends)


def downgrade() -> None:
    with op.batch_alter_table("attempts") as batch_op:
        for name in ("certificate_ends_at", "tls_version", "http_version", "address"):
            batch_op.drop_column(name)
        for name in ("body_ms", "first_byte_ms", "tls_ms", "connect_ms", "lookup_ms", "queue_ms"):
            batch_op.drop_column(name)
