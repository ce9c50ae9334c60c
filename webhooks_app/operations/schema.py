"""Is the schema of the database the one that this code was written for?"""

from enum import Enum
from functools import cache

from sqlalchemy import Connection, inspect, text

from webhooks_app.lib.folders import PACKAGE

UPGRADE = "flask --app app db upgrade"


class Schema(Enum):
    """`AHEAD`: newer code migrated it. Migrations suit the code that still runs."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"


def schema_of(connection: Connection) -> Schema:
    found = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found == revisions()[-1]:
        return Schema.CURRENT
    return Schema.BEHIND if found is None or found in revisions() else Schema.AHEAD


@cache
def revisions() -> tuple[str, ...]:
    """All that this code knows, the newest last, by the names of their files: importing Alembic
    would cost each web process 15 MB."""
    files = (PACKAGE / "migrations" / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))
