"""Deliveries are in partitions by time on PostgreSQL, so that old ones are dropped at once.

A partitioned table cannot see to it that an event has one delivery for each subscription. It needs
no index: they are planned in the transaction that stores the event.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.partitioning import is_partitioned, partition, unpartition

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

STORAGE = "WITH (fillfactor = 45)"
IS_PLANNED = sa.text("trigger = 'event'")
NEW = "CASE WHEN NEW.status IN ('failed', 'cancelled') THEN NEW.status END"
TRIGGER = f"""
    CREATE TRIGGER note_undelivered AFTER INSERT OR UPDATE OF status ON deliveries
    FOR EACH ROW WHEN (NEW.undelivered IS DISTINCT FROM {NEW})
    EXECUTE FUNCTION note_undelivered()"""


def upgrade() -> None:
    """The new index is built beside the old one, which the code of 0046 uses until the end."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres and is_partitioned("deliveries"):
        return
    with op.get_context().autocommit_block():
        _index("ix_deliveries_planned", "event_id")
        if not is_postgres:
            _drop("uq_deliveries_once")
    if is_postgres:
        partition("deliveries", "id", "msg", storage=STORAGE, last=_trigger)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        unpartition("deliveries", storage=STORAGE, last=_trigger)
    with op.get_context().autocommit_block():
        _index("uq_deliveries_once", "event_id", "subscription_id", unique=True)
        _drop("ix_deliveries_planned")


def _trigger() -> None:
    """A trigger of all partitions replaces that of the earlier table."""
    for table in ("deliveries", "deliveries_before"):
        op.execute(f"DROP TRIGGER IF EXISTS note_undelivered ON {table}")
    op.execute(TRIGGER)


def _index(name: str, *columns: str, unique: bool = False) -> None:
    """A run that was stopped may have left one that is not valid."""
    _drop(name)
    op.create_index(
        name,
        "deliveries",
        columns,
        unique=unique,
        postgresql_where=IS_PLANNED,
        sqlite_where=IS_PLANNED,
        postgresql_concurrently=True,
    )


def _drop(name: str) -> None:
    op.drop_index(name, table_name="deliveries", if_exists=True, postgresql_concurrently=True)
