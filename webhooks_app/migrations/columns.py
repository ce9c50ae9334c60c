"""For migrations that build an index outside of their transaction."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add a column, unless it is there.

    It is committed before the index is built. A run that ends in between leaves it behind, and the
    next run must not fail on it.
    """
    is_known = not op.get_context().as_sql and column.name in {
        known["name"] for known in sa.inspect(op.get_bind()).get_columns(table)
    }
    if not is_known:
        op.add_column(table, column)
