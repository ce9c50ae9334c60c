"""Settings are read once, typed, and refused loudly."""

import os
import stat
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from webhooks_app import create_app
from webhooks_app.config import BadSetting, read_settings
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import new_key


def read(tmp_path: Path, **environ: str) -> object:
    return read_settings({"DATA_DIR": str(tmp_path), **environ})


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path)})
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.demo
    assert settings.sqlalchemy_url == f"sqlite:///{tmp_path}/hookline.db"
    assert settings.redis_socket_url == f"unix://{tmp_path}/redis.sock"


def test_keys_are_made_once_and_kept_for_their_owner_only(tmp_path: Path) -> None:
    first = read_settings({"DATA_DIR": str(tmp_path)})
    second = read_settings({"DATA_DIR": str(tmp_path)})
    assert first.secret_key == second.secret_key != ""
    assert first.encryption_keys == second.encryption_keys != first.secret_key
    for name in ("secret_key", "encryption_keys"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_keys_that_are_given_are_not_written_anywhere(tmp_path: Path) -> None:
    key = new_key()
    settings = read_settings(
        {"DATA_DIR": str(tmp_path), "SECRET_KEY": "s", "ENCRYPTION_KEYS": f"{key}, {new_key()}"}
    )
    assert (settings.secret_key, settings.vault_keys[0], len(settings.vault_keys)) == ("s", key, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgresql_url_gets_its_driver(tmp_path: Path, scheme: str) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path), "DATABASE_URL": f"{scheme}://u@h/d"})
    assert settings.sqlalchemy_url == "postgresql+psycopg://u@h/d"


def test_texts_become_what_they_mean(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "DATA_DIR": str(tmp_path),
            "PORT": "9000",
            "DEMO": "0",
            "HTTPS": "true",
            "LEASE_SECONDS": "40.5",
            "ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8",
            "WORKERS": "",
        }
    )
    assert (settings.port, settings.demo, settings.https) == (9000, False, True)
    assert (settings.lease_seconds, settings.workers) == (40.5, 1)
    assert settings.guard.refusal("10.1.2.3") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WORKERS", "0"),
        ("DEMO", "perhaps"),
        ("DELIVERY_TIMEOUT", "-1"),
        ("LEASE_SECONDS", "10"),
        ("ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("ENCRYPTION_KEYS", "short"),
        ("LOG_LEVEL", "LOUD"),
        ("INGEST_RATE_LIMIT", "plenty"),
        ("LOGIN_RATE_LIMIT", "10 a fortnight"),
        ("LOGIN_TRIES_LIMIT", "few"),
        ("SMTP_PORT", "0"),
        ("SMTP_SECURITY", "some"),
        ("SMTP_TIMEOUT", "0"),
        ("PUBLIC_URL", "hooks.example.com"),
        ("PUBLIC_URL", "https://hooks.example.com/path"),
        ("RETENTION_DAYS", "0"),
        ("CONNECT_TIMEOUT", "16"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("WEB_THREADS", "100000"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_what_cannot_be_used_is_named_and_its_value_if_secret_is_not(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(BadSetting) as raised:
        read(tmp_path, **{name: value})
    assert name in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", ""),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@example.com\r\nBcc: b@example.com"),
        ("MAIL_FROM", "Müller, GmbH <a@example.com>"),
        ("MAIL_FROM", "Müller <müller@example.com>"),
        ("MAIL_FROM", "Hookline <hookline@exämple..com>"),
        ("MAIL_FROM", "Hookline <hookline@ex\u2028ämple.com>"),
    ],
)
def test_a_mail_server_needs_a_sender_and_an_address_for_links(
    tmp_path: Path, name: str, value: str
) -> None:
    mail = {
        "SMTP_HOST": "mail.example.com",
        "PUBLIC_URL": "https://hooks.example.com/",
        "MAIL_FROM": "Hookline <hookline@example.com>",
    }
    settings = read_settings({"DATA_DIR": str(tmp_path), **mail})
    assert settings.site_url == "https://hooks.example.com"
    with pytest.raises(BadSetting, match=name):
        read(tmp_path, **(mail | {name: value}))


def test_links_lead_to_where_it_listens_when_nothing_else_is_said(tmp_path: Path) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path), "PORT": "9000"})
    assert settings.site_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("environ", "is_https"),
    [
        ({}, False),
        ({"HTTPS": "1"}, True),
        ({"HTTPS": "0"}, False),
        ({"PUBLIC_URL": "https://hooks.example.com"}, True),
        ({"PUBLIC_URL": "http://hooks.example.com"}, False),
        ({"PUBLIC_URL": "https://hooks.example.com", "HTTPS": "1"}, True),
        ({"PUBLIC_URL": "http://hooks.example.com", "HTTPS": "0"}, False),
    ],
)
def test_https_follows_from_the_public_url(
    tmp_path: Path, environ: dict[str, str], is_https: bool
) -> None:
    settings = read_settings({"DATA_DIR": str(tmp_path), **environ})
    assert settings.is_https is is_https
    assert settings.cookie_name("session") == ("__Host-session" if is_https else "session")


@pytest.mark.parametrize(("https", "scheme"), [("0", "https"), ("1", "http")])
def test_settings_that_contradict_each_other_are_refused(
    tmp_path: Path, https: str, scheme: str
) -> None:
    with pytest.raises(BadSetting, match=f"HTTPS={https} contradicts PUBLIC_URL"):
        read(tmp_path, HTTPS=https, PUBLIC_URL=f"{scheme}://hooks.example.com")


def test_what_is_made_in_the_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whoever makes it: `flask db upgrade` and granian too, not only `python app.py`."""
    folder = tmp_path / "new"
    mask = os.umask(0o022)
    try:
        with create_app(
            read_settings({"DATA_DIR": str(folder), "LOG_LEVEL": "ERROR"})
        ).app_context():
            upgrade()
            with db.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}
            db.engine.dispose()
    finally:
        os.umask(mask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {"hookline.db", "hookline.db-wal", "secret_key"} <= modes.keys()
    assert set(modes.values()) == {0o600}, modes
