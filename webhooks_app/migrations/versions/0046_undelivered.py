"""Failed and cancelled deliveries are found by a column of their own, `undelivered`.

An index of `status` made PostgreSQL write all indexes of a delivery again for each change of it.
`undelivered` stays null in a delivery that succeeds. The database keeps it, so it is also right for
what the code of 0045 writes.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
import structlog
from alembic import op

from webhooks_app.migrations.columns import add_column, patiently

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

log = structlog.get_logger(__name__)

VALUE = "CASE WHEN {row}status IN ('failed', 'cancelled') THEN {row}status END"
NEW = VALUE.format(row="NEW.")
FUNCTION = f"""
    CREATE OR REPLACE FUNCTION note_undelivered() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE deliveries SET undelivered = {NEW} WHERE id = NEW.id;
        RETURN NULL;
    END $$"""  # noqa: S608
# A trigger before the change would lock each row for itself, and write that to the WAL.
TRIGGER = f"""
    CREATE OR REPLACE TRIGGER note_undelivered AFTER INSERT OR UPDATE OF status ON deliveries
    FOR EACH ROW WHEN (NEW.undelivered IS DISTINCT FROM {NEW})
    EXECUTE FUNCTION note_undelivered()"""
WINDOW = 20_000
LAST = """
    SELECT max(id) FROM (
        SELECT id FROM deliveries WHERE id > :after ORDER BY id LIMIT :window
    ) AS these"""
FILL = f"""
    UPDATE deliveries SET undelivered = {VALUE.format(row="")}
    WHERE id > :after AND id <= :last AND status IN ('failed', 'cancelled')
        AND undelivered IS NULL"""  # noqa: S608
IS_UNDELIVERED = sa.text("undelivered IS NOT NULL")
OLD = sa.text("status IN ('failed', 'cancelled')")


def upgrade() -> None:
    """Each step can be stopped: the next run continues."""
    if op.get_bind().dialect.name == "postgresql":
        add_column("deliveries", sa.Column("undelivered", sa.String(40), nullable=True))
        op.execute(FUNCTION)
        patiently("deliveries", lambda: op.execute(TRIGGER))
        op.execute("ALTER TABLE deliveries SET (fillfactor = 45)")
        _fill()
    else:
        computed = sa.Computed(VALUE.format(row=""), persisted=False)
        add_column("deliveries", sa.Column("undelivered", sa.String(40), computed))
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_deliveries_not_delivered",
            table_name="deliveries",
            if_exists=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_deliveries_not_delivered",
            "deliveries",
            ["organisation_id", "mode", "undelivered", "id"],
            postgresql_where=IS_UNDELIVERED,
            sqlite_where=IS_UNDELIVERED,
            postgresql_concurrently=True,
        )
        op.drop_index(
            "ix_deliveries_undelivered",
            table_name="deliveries",
            if_exists=True,
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_deliveries_undelivered",
            "deliveries",
            ["organisation_id", "mode", "status", "id"],
            postgresql_where=OLD,
            sqlite_where=OLD,
            postgresql_concurrently=True,
            if_not_exists=True,
        )
    op.drop_index("ix_deliveries_not_delivered", table_name="deliveries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS note_undelivered ON deliveries")
        op.execute("DROP FUNCTION IF EXISTS note_undelivered()")
    op.drop_column("deliveries", "undelivered")


def _fill() -> None:
    """In windows of the primary key, each in a transaction of its own."""
    after, windows = "", 0
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        while last := bind.scalar(sa.text(LAST), {"after": after, "window": WINDOW}):
            bind.execute(sa.text(FILL), {"after": after, "last": last})
            after, windows = last, windows + 1
            if windows % 50 == 0:
                log.info("failed and cancelled deliveries get a column", looked_at=windows * WINDOW)
