"""Addresses outside an organisation confirm once that they want its mails.

Those that actions mail already count as confirmed.

Revision ID: 0022
Revises: 0021
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
SUBSCRIPTIONS = sa.table(
    "subscriptions",
    sa.column("organisation_id"),
    sa.column("channel"),
    sa.column("email_to", sa.JSON),
    sa.column("deleted_at"),
)


def upgrade() -> None:
    recipients = op.create_table(
        "mail_recipients",
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("declined_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_mail_recipients_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "address", name=op.f("pk_mail_recipients")),
    )
    op.create_table(
        "daily_counts",
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_daily_counts_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "what", "day", name=op.f("pk_daily_counts")),
    )
    mailed = op.get_bind().execute(
        sa.select(SUBSCRIPTIONS.c.organisation_id, SUBSCRIPTIONS.c.email_to).where(
            SUBSCRIPTIONS.c.channel == "email", SUBSCRIPTIONS.c.deleted_at.is_(None)
        )
    )
    known = {(row.organisation_id, one.lower()) for row in mailed for one in row.email_to}
    now = datetime.now(UTC)
    rows = [
        {
            "organisation_id": organisation_id,
            "address": address,
            "asked": 0,
            "confirmed_at": now,
            "created_at": now,
        }
        for organisation_id, address in sorted(known)
    ]
    if rows:
        op.bulk_insert(recipients, rows)


def downgrade() -> None:
    op.drop_table("daily_counts")
    op.drop_table("mail_recipients")
