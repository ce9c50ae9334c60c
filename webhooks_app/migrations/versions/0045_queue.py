"""The queue is apart from the log.

The code of 0044 continues meanwhile: what it plans and what it leaves open keeps `due_at` in the
log, and claims of newer engines move it to the queue. Newer code leaves `due_at` empty. So start
new workers before new web servers: engines of 0044 do not see what is in the queue.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

from webhooks_app.migrations.columns import patiently
from webhooks_app.migrations.sqlite_checks import drop_check

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
DELAYED_OF = sa.text("CASE WHEN delayed THEN due_at END IS NOT NULL")
INDEXES = (
    ("ix_queue_ready", ["subscription_id", "due_at"], sa.text("NOT delayed")),
    ("ix_queue_delayed", ["due_at"], sa.text("delayed")),
    ("ix_queue_delayed_of", ["subscription_id", "due_at"], DELAYED_OF),
)
DUE = "(due_at IS NOT NULL) = (status IN ('pending', 'sending', 'retrying'))"
# For the code of 0044, a try under way is due when its lease ends.
HAND_BACK = """
    UPDATE deliveries SET
        due_at = coalesce(q.leased_until, q.due_at), delayed = q.delayed, claimed_by = q.claimed_by
    FROM queue AS q WHERE q.delivery_id = deliveries.id
        AND deliveries.status IN ('pending', 'sending', 'retrying')"""


def upgrade() -> None:
    """What commits by itself comes first, so that a run that was stopped can be repeated."""
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_deliveries_due",
            table_name="deliveries",
            if_exists=True,
            postgresql_concurrently=True,
        )
    _drop_check()
    op.create_table(
        "queue",
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delayed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_queue")),
        postgresql_with={
            "fillfactor": 45,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    for name, columns, those in INDEXES:
        op.create_index(name, "queue", columns, postgresql_where=those, sqlite_where=those)


def downgrade() -> None:
    """Stop all processes first: newer code would fill the queue again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("LOCK TABLE queue IN ACCESS EXCLUSIVE MODE")
    op.execute(HAND_BACK)
    op.drop_table("queue")
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.create_check_constraint(op.f("ck_deliveries_due"), DUE)


def _drop_check() -> None:
    if op.get_bind().dialect.name == "postgresql":
        drop = "ALTER TABLE deliveries DROP CONSTRAINT IF EXISTS ck_deliveries_due"
        patiently("deliveries", lambda: op.execute(drop))
    else:
        drop_check("deliveries", "ck_deliveries_due")
