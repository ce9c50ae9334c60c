"""What a start asks of the database: the newest schema, and the keys that the others have."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import select, text

from tests import factories
from tests.support.servers import free_port
from webhooks_app import create_app
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import new_key
from webhooks_app.lib.starting import CannotStart
from webhooks_app.lib.times import utcnow
from webhooks_app.models import EncryptionKey
from webhooks_app.operations.keys import are_others, fingerprint, remember
from webhooks_app.operations.start import check_start
from webhooks_app.parts import SLOT, parts_of

OLD, NEW, OTHER = new_key(), new_key(), new_key()


def start(app: Flask, *keys: str) -> None:
    """As a process with those keys would."""
    of_the_test = parts_of(app)
    settings = replace(of_the_test.settings, encryption_keys=",".join(keys))
    app.extensions[SLOT] = dataclasses.replace(of_the_test, settings=settings)
    try:
        check_start(app)
    finally:
        app.extensions[SLOT] = of_the_test


def test_other_keys_than_before_do_not_start(app: Flask) -> None:
    start(app, OLD)
    with pytest.raises(CannotStart, match=r"ENCRYPTION_KEYS: .* encrypted with another key"):
        start(app, OTHER)
    start(app, OLD)


def test_keys_can_be_rotated(app: Flask) -> None:
    start(app, OLD)
    start(app, OLD, NEW)
    start(app, NEW, OLD)
    with pytest.raises(CannotStart):
        start(app, OLD)
    start(app, NEW)
    with pytest.raises(CannotStart):
        start(app, OLD)
    start(app, OLD, NEW)


def test_a_key_that_returns_to_the_front_is_the_newest_again(app: Flask) -> None:
    now = utcnow()
    for later, keys in enumerate(([OLD], [NEW, OLD], [OLD, NEW])):
        remember(db.engine, keys, now + timedelta(seconds=later))
    assert are_others(db.engine, [NEW])
    assert not are_others(db.engine, [OLD])


def test_what_is_kept_of_a_key_is_a_fingerprint(app: Flask) -> None:
    start(app, NEW, OLD)
    kept = db.session.scalars(select(EncryptionKey.fingerprint)).all()
    assert kept == [fingerprint(NEW)]
    assert NEW not in kept[0]


def test_a_database_from_before_fingerprints_is_asked_for_its_newest_secret(app: Flask) -> None:
    factories.webhook(factories.organisation(), "https://example.com")
    db.session.commit()
    with pytest.raises(CannotStart, match="encrypted with another key"):
        start(app, OTHER)
    start(app, *parts_of(app).settings.vault_keys)


def test_an_older_schema_does_not_start(app: Flask) -> None:
    with at(app, "0026"), pytest.raises(CannotStart, match="flask --app app db upgrade"):
        check_start(app)


def test_a_newer_schema_does(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with at(app, "9999"), caplog.at_level("WARNING"):
        check_start(app)
    assert "database was migrated by newer code" in caplog.text


def test_a_database_that_is_away_is_waited_for(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    check_start(create_app(replace(settings, database_url=away, log_level="WARNING")))
    assert "Connection refused" in capfd.readouterr().err


@contextmanager
def at(app: Flask, revision: str) -> Iterator[None]:
    """Meanwhile the database says that it is at that revision."""
    say = text("UPDATE alembic_version SET version_num = :revision")
    with db.engine.begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(say, {"revision": revision})
    try:
        yield
    finally:
        with db.engine.begin() as connection:
            connection.execute(say, {"revision": before})
