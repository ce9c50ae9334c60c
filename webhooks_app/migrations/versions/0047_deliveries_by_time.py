"""Deliveries are in partitions by time on PostgreSQL, so that old ones are dropped at once.

A partitioned table cannot see to it that an event has one delivery for each subscription. It needs
no index: they are planned in the transaction that stores the event.

Failed and cancelled deliveries of one action or webhook get an index. Without it, all those of the
organisation were read to find them.

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
IS_UNDELIVERED = sa.text("undelivered IS NOT NULL")
NEW = "CASE WHEN NEW.status IN ('failed', 'cancelled') THEN NEW.status END"
TRIGGER = f"""
    CREATE TRIGGER note_undelivered AFTER INSERT OR UPDATE OF status ON deliveries
    FOR EACH ROW WHEN (NEW.undelivered IS DISTINCT FROM {NEW})
    EXECUTE FUNCTION note_undelivered()"""


def upgrade() -> None:
    """`ix_deliveries_planned` is built beside the old one, which the code of 0046 uses until the
    end.
    """
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres and is_partitioned("deliveries"):
        return
    with op.get_context().autocommit_block():
        _index("ix_deliveries_planned", "event_id", where=IS_PLANNED)
        columns = ("subscription_id", "undelivered", "id")
        _index("ix_deliveries_not_delivered_of", *columns, where=IS_UNDELIVERED)
        if not is_postgres:
            _drop("uq_deliveries_once")
    if is_postgres:
        partition("deliveries", "id", "msg", storage=STORAGE, last=_trigger)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        unpartition("deliveries", storage=STORAGE, last=_trigger)
    with op.get_context().autocommit_block():
        columns = ("event_id", "subscription_id")
        _index("uq_deliveries_once", *columns, where=IS_PLANNED, unique=True)
        _drop("ix_deliveries_planned")
        _drop("ix_deliveries_not_delivered_of")


def _trigger() -> None:
    """A trigger of all partitions replaces that of the earlier table."""
    for table in ("deliveries", "deliveries_before"):
        op.execute(f"DROP TRIGGER IF EXISTS note_undelivered ON {table}")
    op.execute(TRIGGER)


def _index(name: str, *columns: str, where: sa.TextClause, unique: bool = False) -> None:
    """A run that was stopped may have left one that is not valid."""
    _drop(name)
    op.create_index(
        name,
        "deliveries",
        columns,
        unique=unique,
        postgresql_where=where,
        sqlite_where=where,
        postgresql_concurrently=True,
    )


def _drop(name: str) -> None:
    op.drop_index(name, table_name="deliveries", if_exists=True, postgresql_concurrently=True)
