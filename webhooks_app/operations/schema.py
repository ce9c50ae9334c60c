"""Is the schema of the database the one that this code was written for?"""

from enum import Enum
from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from webhooks_app.lib.folders import PACKAGE

UPGRADE = "flask --app app db upgrade"


class Schema(Enum):
    """`AHEAD`: newer code migrated it. Migrations suit the code that still runs."""

    CURRENT = "current"
    BEHIND = "behind"
    AHEAD = "ahead"


def schema_of(connection: Connection) -> Schema:
    found = MigrationContext.configure(connection).get_current_revision()
    if found == _revisions()[0]:
        return Schema.CURRENT
    return Schema.BEHIND if found is None or found in _revisions() else Schema.AHEAD


@cache
def _revisions() -> tuple[str, ...]:
    """All that this code knows, the newest first."""
    script = ScriptDirectory(str(PACKAGE / "migrations"))
    return tuple(one.revision for one in script.walk_revisions())
