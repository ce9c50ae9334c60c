"""The app on a database with the newest schema."""

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
    """`CannotStart` for whatever makes a database unusable, with the first line of its reason."""
    try:
        yield
    except UNUSABLE as error:
        raise CannotStart(f"{what} cannot be used: {reason_of(error)}") from error


def app_for(settings: Settings) -> Flask:
    """Raises `CannotStart` when `DATABASE_URL` is none; it is not asked whether it answers."""
    with said_in_one_line("DATABASE_URL"):
        return create_app(settings)


def migrate(app: Flask) -> None:
    """Raises `CannotStart` when the database is away, broken, or newer than this code."""
    with said_in_one_line("the database"), app.app_context():
        command.upgrade(app.extensions["migrate"].migrate.get_config(), "head")
