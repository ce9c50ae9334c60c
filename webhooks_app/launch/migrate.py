"""The newest schema, and the demo in it."""

from alembic import command
from alembic.util import CommandError
from flask import Flask

from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.launch.apps import app_for, said_in_one_line
from webhooks_app.launch.demo import demo_for
from webhooks_app.launch.demo_file import Demo
from webhooks_app.launch.place import Site
from webhooks_app.operations.start import check_start


def migrate(app: Flask) -> None:
    """Migrate. Raises `CannotStart` if the database is away, broken, or newer than this code."""
    with said_in_one_line("the database", CommandError), app.app_context():
        command.upgrade(app.extensions["migrate"].migrate.get_config(), "head")


def migrate_with_demo(settings: Settings, site: Site) -> Demo | None:
    """Migrate, and make the demo if there is to be one. Raises `CannotStart`."""
    app = app_for(settings, "command", commands=True)
    migrate(app)
    check_start(app)
    with said_in_one_line("the database"), app.app_context():
        demo = demo_for(settings, site) if settings.demo else None
        db.engine.dispose()
    return demo
