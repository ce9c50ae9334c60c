"""The table `engines` in the words of each database."""

from typing import Any

from sqlalchemy import Connection, CursorResult, text

from webhooks_app.database import choose
from webhooks_app.engine.walk import WALK
from webhooks_app.models.delivery import DELAYED, READY

EVERYWHERE = {"walk": WALK.format(after="''"), "ready": READY, "delayed": DELAYED}
ON_POSTGRES = {
    **EVERYWHERE,
    "now": "now()",
    "later": "clock_timestamp() + :seconds * interval '1 second'",
    "lease_end": "CAST(:alive_until AS timestamptz) + :lease * interval '1 second'",
    "unlocked": "FOR UPDATE SKIP LOCKED",
}
ON_SQLITE = {
    **EVERYWHERE,
    "now": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    "later": "strftime('%Y-%m-%d %H:%M:%f000', 'now', :seconds || ' seconds')",
    "lease_end": "strftime('%Y-%m-%d %H:%M:%f000', :alive_until, :lease || ' seconds')",
    "unlocked": "",
}


def execute(connection: Connection, statement: str, **values: Any) -> CursorResult[Any]:
    spelt = choose(connection, postgresql=ON_POSTGRES, sqlite=ON_SQLITE)
    return connection.execute(text(statement.format(**spelt)), values)
