"""Runs the migrations over the app's own engine. Logging stays as the app configured it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIG_DFL, SIGTERM, default_int_handler, signal
from threading import current_thread, main_thread
from typing import Any, Literal

import structlog
from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, Engine, text

from webhooks_app.database import clock_of
from webhooks_app.database.boundaries import MIGRATING
from webhooks_app.database.coming_partitions import make_ahead
from webhooks_app.database.counted_rows import analyse
from webhooks_app.migrations import progress
from webhooks_app.migrations.partitioning import is_declared
from webhooks_app.models.columns import UtcDateTime
from webhooks_app.models.shapes import JsonOf
from webhooks_app.parts import parts

log = structlog.get_logger("webhooks_app.migrations")


def render_item(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Migrations outlive our column types, so they name what those are made of."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JsonOf):
        return "sa.JSON()"
    return False


migrate = current_app.extensions["migrate"]
options: dict[str, Any] = {
    **migrate.configure_args,
    "target_metadata": migrate.db.metadata,
    "compare_type": True,
    "include_name": is_declared,
    # SQLite cannot alter a table, so whatever is generated must be in batches.
    "render_as_batch": True,
    "render_item": render_item,
}


def run_offline() -> None:
    context.configure(url=migrate.db.engine.url, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()


def run_online(engine: Engine) -> None:
    applied: list[str] = []

    def last_applied() -> str | None:
        return applied[-1] if applied else None

    with stopped_by_sigterm(), alone(engine):
        with (
            engine.connect() as connection,
            unconstrained(connection),
            progress.shown(connection, last_applied),
        ):
            context.configure(
                connection=connection,
                on_version_apply=lambda **applying: applied.append(applying["step"].up_revision_id),
                **options,
            )
            with context.begin_transaction():
                context.run_migrations()
        if applied:
            now = clock_of(engine)
            make_ahead(engine, now, parts().settings.retention_days)
            analyse(engine, now)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """As Ctrl-C does it, so that a migration undoes what it began."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal(SIGTERM, default_int_handler)
    try:
        yield
    finally:
        signal(SIGTERM, before or SIG_DFL)


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Several machines may start at once: one migrates, the others wait.

    They wait outside any transaction, or CREATE INDEX CONCURRENTLY would wait for them.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not _is_alone(connection):
            log.info("another process migrates: waiting for it")
            while not _is_alone(connection):
                time.sleep(0.2)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATING})


def _is_alone(connection: Connection) -> bool:
    lock = text("SELECT pg_try_advisory_lock(:lock)")
    return bool(connection.scalar(lock, {"lock": MIGRATING}))


@contextmanager
def unconstrained(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by dropping the old one, which would cascade to all that refer to it.

    The pragma does nothing inside a transaction, so it goes to the driver before one begins.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


if context.is_offline_mode():
    run_offline()
else:
    run_online(migrate.db.engine)
