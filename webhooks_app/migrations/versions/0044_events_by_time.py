"""Events are in partitions by time on PostgreSQL. Their keys are unique by a table of their own.

A partitioned table cannot see to it that idempotency keys and producers' ids are unique. So a
trigger stores them in `event_keys` with each new event, whichever version of the code inserts it.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
import structlog
from alembic import op

from webhooks_app.migrations.columns import patiently
from webhooks_app.migrations.partitioning import is_partitioned, partition, unpartition

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

BATCH = 20_000
REF = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
KINDS = ("idempotency_key", "source_id")
TENANT = ("organisation_id", "mode")
# With the schema, since pg_restore has no search path.
TAKE = """
    CREATE OR REPLACE FUNCTION take_event_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.idempotency_key IS NOT NULL THEN
            INSERT INTO {schema}.event_keys (organisation_id, mode, kind, key, event_id)
            VALUES (
                NEW.organisation_id, NEW.mode, 'idempotency_key', NEW.idempotency_key, NEW.id);
        END IF;
        IF NEW.source_id IS NOT NULL THEN
            INSERT INTO {schema}.event_keys (organisation_id, mode, kind, key, event_id)
            VALUES (
                NEW.organisation_id, NEW.mode, 'source_id', NEW.source_id, NEW.id);
        END IF;
        RETURN NULL;
    END $$"""
GIVE_BACK = """
    CREATE OR REPLACE FUNCTION give_back_event_keys() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM {schema}.event_keys
        WHERE organisation_id = OLD.organisation_id AND mode = OLD.mode
            AND (kind = 'idempotency_key' AND key = OLD.idempotency_key
                OR kind = 'source_id' AND key = OLD.source_id)
            AND event_id = OLD.id;
        RETURN NULL;
    END $$"""
# AFTER, since COPY inserts rows one by one for the sake of a trigger that runs BEFORE.
TRIGGERS = (
    ("take_keys", "INSERT", "NEW", "take_event_keys"),
    ("give_back_keys", "DELETE", "OLD", "give_back_event_keys"),
)
KNOWN = sa.text("""
    WITH earlier AS (
        SELECT id, organisation_id, mode, idempotency_key, source_id FROM events
        WHERE id > :after ORDER BY id LIMIT :batch
    ), stored AS (
        INSERT INTO event_keys (organisation_id, mode, kind, key, event_id)
        SELECT organisation_id, mode, 'idempotency_key', idempotency_key, id FROM earlier
        WHERE idempotency_key IS NOT NULL
        UNION ALL
        SELECT organisation_id, mode, 'source_id', source_id, id FROM earlier
        WHERE source_id IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    SELECT max(id), count(*) FROM earlier""")
# An event that was deleted while its keys were copied.
ORPHANS = """
    DELETE FROM event_keys AS k
    WHERE NOT EXISTS (SELECT FROM events AS e WHERE e.id = k.event_id)"""
GRANTS = sa.text("""
    SELECT format('GRANT SELECT, INSERT, DELETE ON event_keys TO %s',
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
    FROM pg_class, aclexplode(relacl)
    WHERE oid = to_regclass('events') AND grantee <> relowner AND privilege_type = 'INSERT'
    UNION ALL
    SELECT format('ALTER TABLE event_keys OWNER TO %I', pg_get_userbyid(relowner))
    FROM pg_class WHERE oid = to_regclass('events')""")
log = structlog.get_logger(__name__)


def upgrade() -> None:
    op.create_table(
        "event_keys",
        sa.Column("organisation_id", REF, nullable=False),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("event_id", REF, nullable=False),
        sa.PrimaryKeyConstraint(*TENANT, "kind", "key", name="pk_event_keys"),
        if_not_exists=True,
    )
    op.create_index("ix_event_keys_event_id", "event_keys", ["event_id"], if_not_exists=True)
    if op.get_bind().dialect.name == "postgresql":
        for (statement,) in op.get_bind().execute(GRANTS).all():
            op.execute(statement)
        schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
        for function in (TAKE, GIVE_BACK):
            op.execute(function.format(schema=schema))
        if not is_partitioned("events"):
            _prepare()
        partition("events", "id", "evt", last=_trigger)


def _prepare() -> None:
    """From now on the trigger stores keys; then those of all earlier events follow."""
    patiently("events", _trigger)
    with op.get_context().autocommit_block():
        _copy_keys()
        op.execute(ORPHANS)
        for kind in KINDS:
            op.drop_index(
                f"ix_events_{kind}", "events", if_exists=True, postgresql_concurrently=True
            )
            op.create_index(
                f"ix_events_{kind}",
                "events",
                [*TENANT, kind],
                postgresql_where=sa.text(f"{kind} IS NOT NULL"),
                postgresql_concurrently=True,
            )


def _trigger() -> None:
    """A trigger of all partitions replaces that of the earlier events."""
    for name, event, row, function in TRIGGERS:
        for table in ("events", "events_before"):
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON events FOR EACH ROW"
            f" WHEN ({row}.idempotency_key IS NOT NULL OR {row}.source_id IS NOT NULL)"
            f" EXECUTE FUNCTION {function}()"
        )


def _copy_keys() -> None:
    after: str | None = ""
    copied = 0
    while after is not None:
        batch = {"after": after, "batch": BATCH}
        after, number = op.get_bind().execute(KNOWN, batch).one()
        copied += number
        if copied and copied % (50 * BATCH) == 0:
            log.info("keys of events copied", events=copied)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        unpartition("events", last=_unique)
        op.execute("DROP FUNCTION IF EXISTS take_event_keys")
        op.execute("DROP FUNCTION IF EXISTS give_back_event_keys")
    op.drop_table("event_keys")


def _unique() -> None:
    """Keys are unique by indexes again."""
    for kind in KINDS:
        op.drop_index(f"ix_events_{kind}", "events", if_exists=True)
        op.create_index(
            f"uq_events_{kind}",
            "events",
            [*TENANT, kind],
            unique=True,
            postgresql_where=sa.text(f"{kind} IS NOT NULL"),
        )
