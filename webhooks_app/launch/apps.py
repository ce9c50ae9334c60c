"""The app of a process, and what keeps it from starting."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app.config import Settings
from webhooks_app.factory import create_app
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.starting import CannotStart

UNUSABLE: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error, ImportError)


@contextmanager
def said_in_one_line(what: str, *more: type[Exception]) -> Iterator[None]:
    """Turn a database error into `CannotStart`, with the first line of its reason."""
    try:
        yield
    except (*UNUSABLE, *more) as error:
        raise CannotStart(f"{what} cannot be used: {reason_of(error)}") from error


def app_for(settings: Settings, role: str, *, doors: bool = False, commands: bool = False) -> Flask:
    """Raises `CannotStart` for an invalid `DATABASE_URL`. Does not connect."""
    with said_in_one_line("DATABASE_URL"):
        return create_app(settings, role=role, doors=doors, commands=commands)
