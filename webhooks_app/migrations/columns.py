"""Changes of a table that others use meanwhile.

On PostgreSQL they need the table to themselves. Whoever comes after a change that waits, waits too:
behind a `pg_dump` that would be every claim and every event. So a change waits for `PATIENCE` at
most, and holds no other lock.
"""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

PATIENCE = "2s"
TRIED_FOR = 60.0  # seconds
PAUSE = 1.0
LOCK_NOT_AVAILABLE = "55P03"
IN_USE = (
    "Another session reads or changes the table {table} for long, perhaps a backup with pg_dump, so"
    " the table cannot be changed now. Wait until it has ended, or end it (pg_stat_activity shows"
    " it), and migrate again."
)


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add a column, unless it is there.

    It is committed before the index is built. A run that ends in between leaves it behind, and the
    next run must not fail on it.
    """
    if op.get_context().as_sql:
        op.add_column(table, column)
    elif column.name not in {one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)}:
        patiently(table, lambda: op.add_column(table, column))


def changed_soon(change: Callable[[], object]) -> bool:
    """Make the change in a transaction of its own. False if the table is in use for too long."""
    if op.get_bind().dialect.name != "postgresql":
        change()
        return True
    _commit()
    try:
        with op.get_bind().begin_nested():
            op.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            change()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return False
    _commit()
    return True


def patiently(table: str, change: Callable[[], object]) -> None:
    """Whoever waits behind a try goes ahead in the pause after it."""
    ends = monotonic() + TRIED_FOR
    while not changed_soon(change):
        if monotonic() >= ends:
            raise CommandError(IN_USE.format(table=table))
        sleep(PAUSE)


def _commit() -> None:
    with op.get_context().autocommit_block():
        pass
