"""Everything in the database, to see that a request changed nothing."""

from collections.abc import Iterable

from webhooks_app.extensions import db

# When a key was last used is noted on the side.
NOT_COMPARED = {"last_used_at", "last_used_ip"}


def every_row(*without: str) -> dict[str, list[str]]:
    """The rows of each table except these."""
    db.session.rollback()
    found = {
        table.name: sorted(map(_shown, db.session.execute(table.select()).mappings()))
        for table in db.metadata.sorted_tables
        if table.name not in without
    }
    db.session.rollback()
    return found


def _shown(row: Iterable[tuple[str, object]]) -> str:
    return repr([(name, value) for name, value in dict(row).items() if name not in NOT_COMPARED])
