"""PostgreSQL compresses large texts with lz4, which takes less time than its own way.

Revision ID: 0041
Revises: 0040
"""

from collections.abc import Sequence

import structlog
from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

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
        try:
            with op.get_bind().begin_nested():
                op.execute("SET LOCAL lock_timeout = '2s'")
                op.execute(f"ALTER TABLE {table} {_changes(columns, method)}")
        except OperationalError:
            log.warning("in use: its columns are compressed as before", table=table)
    op.execute("SET LOCAL lock_timeout = DEFAULT")


def _changes(columns: Sequence[str], method: str) -> str:
    """Whoever reads or writes the table waits for this, so it must not wait for long itself."""
    return ", ".join(f"ALTER COLUMN {one} SET COMPRESSION {method}" for one in columns)
