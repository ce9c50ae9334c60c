"""The migrations make what the models say, on both databases, and undo it."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from tests.conftest import settings_for
from tests.support.servers import create_database
from webhooks_app import create_app
from webhooks_app.extensions import db
from webhooks_app.launch.migrate import migrate


def test_the_schema_is_that_of_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def undone(url: str, folder: Path) -> set[str]:
    app = create_app(settings_for(url, "", folder))
    migrate(app)
    migrate(app)
    with app.app_context():
        command.downgrade(app.extensions["migrate"].migrate.get_config(), "base")
        left = set(inspect(db.engine).get_table_names())
        db.engine.dispose()
    return left


def test_they_can_be_undone_on_sqlite(tmp_path: Path) -> None:
    assert undone(f"sqlite:///{tmp_path}/test.db", tmp_path) == {"alembic_version"}


def test_they_can_be_undone_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    url = create_database(postgres_url, "hookline_undone")
    assert undone(url, tmp_path) == {"alembic_version"}
