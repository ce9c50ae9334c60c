"""PostgreSQL compresses large texts with lz4, which takes less time than its own way.

Revision ID: 0041
Revises: 0040
"""

from collections.abc import Sequence
from functools import partial

import structlog
from alembic import op
from sqlalchemy import text

from webhooks_app.migrations.columns import changed_soon

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

WIDE = {
    "events": ("data",),
    "attempts": ("request_headers", "response_headers", "response_body"),
}
HAS_LZ4 = text(
    "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
)
log = structlog.get_logger(__name__)


def upgrade() -> None:
    """Only what is stored from now on changes. A server without lz4 stays as it is."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql" and bind.scalar(HAS_LZ4):
        _compress("lz4")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _compress("default")


def _compress(method: str) -> None:
    for table, columns in WIDE.items():
        if not changed_soon(
            partial(op.execute, f"ALTER TABLE {table} {_changes(columns, method)}")
        ):
            log.warning("in use: its columns are compressed as before", table=table)


def _changes(columns: Sequence[str], method: str) -> str:
    return ", ".join(f"ALTER COLUMN {one} SET COMPRESSION {method}" for one in columns)
