"""Let PostgreSQL compress large values with lz4, which takes less time than its own way.

Only what is stored from then on changes, and only values of more than about 2 kB are compressed.
"""

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from webhooks_app.database import choose, reading
from webhooks_app.database.counted_rows import NOT_NOW
from webhooks_app.database.partitions import LITTLE_PATIENCE, sqlstate

LARGE = {
    "events": ("data",),
    "attempts": ("request_headers", "response_headers", "response_body"),
    "object_states": ("data",),
    "inbox_requests": ("headers", "body"),
    "mails": ("text", "html"),
    "chat_messages": ("text",),
}
# None on a server without lz4, and before the table is there.
OTHERS = text("""
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass(:table) AND attname = ANY(:columns) AND attcompression <> 'l'
        AND 'lz4' = ANY(
            SELECT unnest(enumvals) FROM pg_settings WHERE name = 'default_toast_compression')""")
log = structlog.get_logger(__name__)


def use_lz4(engine: Engine) -> None:
    """For all large columns. A table that is in use is left to the next run."""
    for table, columns in LARGE.items() if choose(engine, postgresql=True, sqlite=False) else ():
        with reading(engine) as connection:
            others = connection.scalars(OTHERS, {"table": table, "columns": list(columns)}).all()
        if not others:
            continue
        changes = ", ".join(f"ALTER COLUMN {one} SET COMPRESSION lz4" for one in others)
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(LITTLE_PATIENCE)
                connection.exec_driver_sql(f"ALTER TABLE {table} {changes}")
        except DBAPIError as error:
            if (why := NOT_NOW.get(sqlstate(error))) is None:
                raise
            log.warning("its columns use lz4 later", table=table, why=why)
