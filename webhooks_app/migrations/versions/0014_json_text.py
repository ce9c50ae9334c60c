"""JSON columns keep their text as it was written.

JSONB gave a float of 2**63 or more back as an integer. Conditions refuse such integers, so the
subscription could not be read again. What was stored that way becomes a float again.

Revision ID: 0014
Revises: 0013
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = {
    "api_keys": ["scopes"],
    "audit_log": ["detail"],
    "chat_messages": ["events"],
    "chat_settings": ["escalation_patterns", "appointment_patterns", "regions"],
    "replay_batches": ["filters", "delivery_ids"],
    "subscriptions": [
        "former_urls",
        "event_types",
        "conditions",
        "changed_fields",
        "schedule",
        "retry_policy",
        "email_to",
    ],
}
SUBSCRIPTIONS = sa.table("subscriptions", sa.column("id"), sa.column("conditions", sa.JSON))


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _change_type("json")
        _mend_conditions()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _change_type("jsonb")


def _change_type(kind: str) -> None:
    for table, columns in COLUMNS.items():
        changes = ", ".join(f"ALTER {name} TYPE {kind} USING {name}::{kind}" for name in columns)
        op.execute(f"ALTER TABLE {table} {changes}")


def _mend_conditions() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(SUBSCRIPTIONS)).all():
        mended = json.loads(json.dumps(row.conditions), parse_int=_number)
        if mended != row.conditions or repr(mended) != repr(row.conditions):
            connection.execute(
                sa.update(SUBSCRIPTIONS)
                .where(SUBSCRIPTIONS.c.id == row.id)
                .values(conditions=mended)
            )


def _number(text: str) -> Any:
    value = int(text)
    return value if abs(value) < 2**63 else float(value)
