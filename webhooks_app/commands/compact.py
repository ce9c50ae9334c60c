"""`compact-database`: let an older SQLite database give its space back."""

import os
import shutil
import sqlite3
from pathlib import Path

import click
from flask.cli import with_appcontext

from webhooks_app.commands.command import Command, Refused
from webhooks_app.database import choose, space
from webhooks_app.extensions import db

COPIES = 2  # of the file: a new one, and the WAL


@click.command("compact-database", cls=Command)
@click.option(
    "--at-most",
    "seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="For how many seconds nobody else may be able to write.",
)
@with_appcontext
def compact_database(seconds: float) -> None:
    """Let a SQLite database that an older version created shrink when rows are deleted."""
    if choose(db.engine, postgresql=True, sqlite=False):
        raise Refused("This is for SQLite. PostgreSQL uses the space of deleted rows again itself.")
    if space.gives_back(db.engine):
        click.echo("This database gives its space back already. There is nothing to do.")
        return
    file = Path(db.engine.url.database or "")
    before = file.stat().st_size
    _need_room(file.parent, COPIES * before)
    took = _compact(file.parent, seconds)
    if took is None:
        raise Refused(
            f"This would keep others from writing for more than {seconds:g} s, so it was stopped. "
            f"Nothing has changed. The file has {_size(before)}. Allow more time with --at-most."
        )
    click.echo(
        f"The file has {_size(file.stat().st_size)}, before {_size(before)}. "
        f"Nobody else could write for {took:.1f} s."
    )


def _need_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Refused(f"This needs {_size(needed)} in {folder}, and only {_size(free)} are free.")


def _compact(folder: Path, seconds: float) -> float | None:
    """SQLite writes the copy where this says, and not to /tmp, which may be small."""
    os.environ["SQLITE_TMPDIR"] = str(folder)
    try:
        return space.compact(db.engine, seconds)
    except sqlite3.OperationalError as error:
        raise Refused(f"Nothing has changed: {error}.") from error


def _size(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"
