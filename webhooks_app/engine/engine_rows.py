"""The table `engines` in the words of each database."""

from typing import Any

from sqlalchemy import Connection, CursorResult, text

from webhooks_app.database import choose

ON_POSTGRES = {
    "now": "now()",
    "later": "clock_timestamp() + :seconds * interval '1 second'",
    "unlocked": "FOR UPDATE SKIP LOCKED",
}
ON_SQLITE = {
    "now": "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    "later": "strftime('%Y-%m-%d %H:%M:%f000', 'now', :seconds || ' seconds')",
    "unlocked": "",
}


def execute(connection: Connection, statement: str, **values: Any) -> CursorResult[Any]:
    spelt = choose(connection, postgresql=ON_POSTGRES, sqlite=ON_SQLITE)
    return connection.execute(text(statement.format(**spelt)), values)
