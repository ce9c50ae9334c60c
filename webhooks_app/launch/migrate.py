"""Create the app on a database with the newest schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.util import CommandError
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app import create_app
from webhooks_app.config import Settings
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.starting import CannotStart

UNUSABLE = (SQLAlchemyError, sqlite3.Error, CommandError, ImportError)


@contextmanager
def said_in_one_line(what: str) -> Iterator[None]:
    """Turn any database error into `CannotStart` with the first line of its reason."""
    try:
        yield
    except UNUSABLE as error:
        raise CannotStart(f"{what} cannot be used: {reason_of(error)}") from error


def app_for(settings: Settings) -> Flask:
    """Raises `CannotStart` for an invalid `DATABASE_URL`. Does not connect."""
    with said_in_one_line("DATABASE_URL"):
        return create_app(settings)


def migrate(app: Flask) -> None:
    """Migrate. Raises `CannotStart` if the database is away, broken, or newer than this code."""
    with said_in_one_line("the database"), app.app_context():
        command.upgrade(app.extensions["migrate"].migrate.get_config(), "head")
