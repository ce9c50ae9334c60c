"""What is asked of the database before anything is served or sent."""

import structlog
from flask import Flask

from webhooks_app.database import reading
from webhooks_app.extensions import db
from webhooks_app.lib.errors import DATABASE_AWAY, reason_of
from webhooks_app.lib.starting import BadSetting, CannotStart
from webhooks_app.lib.times import utcnow
from webhooks_app.operations.keys import OTHER_KEYS, are_others, remember
from webhooks_app.operations.restored import remember_identity
from webhooks_app.operations.schema import UPGRADE, Schema, schema_of
from webhooks_app.parts import parts_of

log = structlog.get_logger(__name__)


def check_start(app: Flask) -> None:
    """Raises `CannotStart` when the schema is too old, or sealed with other keys.

    A database that is away is waited for: it may be starting too.
    """
    keys = parts_of(app).settings.vault_keys
    with app.app_context():
        try:
            _check_schema()
            if are_others(db.engine, keys):
                raise BadSetting(OTHER_KEYS)
            remember(db.engine, keys, utcnow())
            remember_identity(db.engine, utcnow())
        except DATABASE_AWAY as error:
            log.warning("database is away", reason=reason_of(error))


def _check_schema() -> None:
    with reading(db.engine) as connection:
        schema = schema_of(connection)
    if schema is Schema.BEHIND:
        raise CannotStart(f"the database is not migrated: run `{UPGRADE}` first")
    if schema is Schema.AHEAD:
        log.warning("database was migrated by newer code")
