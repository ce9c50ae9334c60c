"""SQL over connections of its own, as another process or another version would run it."""

from typing import Any

import psycopg

from webhooks_app.extensions import db


def own_url() -> str:
    return db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def driver(url: str = "") -> Any:
    """A connection of psycopg. Threads without the app's context give the URL."""
    return psycopg.connect(url or own_url(), autocommit=True)


def run(statement: str, *values: object) -> list[Any]:
    with driver() as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
