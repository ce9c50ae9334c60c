"""An app on a database of its own, for tests that change the schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from tests.conftest import settings_for
from tests.support.servers import create_database
from webhooks_app import create_app
from webhooks_app.extensions import db


@contextmanager
def app_on(server_url: str, name: str, folder: Path) -> Iterator[Flask]:
    """The database is not migrated."""
    app = create_app(settings_for(create_database(server_url, name), "", folder))
    yield app
    with app.app_context():
        db.engine.dispose()
