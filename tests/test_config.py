"""Settings are read once, typed, and refused with a clear error."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import upgrade
from msgspec.structs import replace
from sqlalchemy import make_url, text

from tests.support.wrong_settings import WRONG
from webhooks_app import create_app
from webhooks_app.config import SECRETS, Settings, misspelt, read_settings
from webhooks_app.database import engine_options
from webhooks_app.extensions import db
from webhooks_app.lib.choices import choices_of
from webhooks_app.lib.crypto import new_key
from webhooks_app.lib.starting import BadSetting


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
    keys = {"SECRET_KEY": "s" * 32, "ENCRYPTION_KEYS": new_key()}
    settings = read_settings(
        {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"{scheme}://u@h/d", **keys}
    )
    assert settings.sqlalchemy_url == "postgresql+psycopg://u@h/d"


def test_a_postgresql_url_may_name_several_hosts(tmp_path: Path) -> None:
    """As libpq writes them, which SQLAlchemy cannot read."""
    keys = {"SECRET_KEY": "s" * 32, "ENCRYPTION_KEYS": new_key()}
    url = "postgresql://u:p%2C@h1:5432,h2,10.0.0.1:7/d?target_session_attrs=read-write"
    settings = read_settings({"DATA_DIR": str(tmp_path), "DATABASE_URL": url, **keys})
    made = make_url(settings.sqlalchemy_url)
    _, options = made.get_dialect()().create_connect_args(made)
    assert options == {
        "user": "u",
        "password": "p,",
        "dbname": "d",
        "host": "h1,h2,10.0.0.1",
        "port": "5432,,7",
        "target_session_attrs": "read-write",
    }


def test_options_of_a_postgresql_url_win_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg://h/d?options=-csearch_path%3Dhooks&connect_timeout=9"
    options = connect_args(url)
    assert "connect_timeout" not in options
    assert options["tcp_user_timeout"] == 20_000
    assert options["options"].startswith("-c timezone=UTC ")
    assert options["options"].endswith(" -csearch_path=hooks")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=64MB")
    assert connect_args(url)["options"].endswith(" -csearch_path=hooks")
    assert connect_args("postgresql+psycopg://h/d")["options"].endswith(" -c work_mem=64MB")


def connect_args(url: str) -> dict[str, Any]:
    made = engine_options(url, 1, "none", "web")["connect_args"]
    assert isinstance(made, dict)
    return made


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


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_what_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadSetting) as raised:
        read_settings({"DATA_DIR": str(tmp_path), **wrong})
    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)
    assert "hidden-value" not in str(raised.value)


def test_no_setting_that_is_not_a_text_goes_without_its_choices() -> None:
    typed = {name for name, kind in Settings.__annotations__.items() if kind is not str}
    assert {"port", "demo", "log_level", "lease_seconds"} <= typed
    for name in typed - {"data_dir"}:
        assert choices_of(Settings, name)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("LEASE_SECOND", "LEASE_SECONDS"),
        ("LEASE_SECONDSS", "LEASE_SECONDS"),
        ("LAESE_SECONDS", "LEASE_SECONDS"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("SMTPHOST", "SMTP_HOST"),
        ("ENCRYPTION_KEY", "ENCRYPTION_KEYS"),
        ("SECRET_KEY_FIL", "SECRET_KEY_FILE"),
    ],
)
def test_a_name_that_is_nearly_a_setting_is_told(variable: str, meant: str) -> None:
    assert misspelt({variable: "1", "WORKERS": "2"}) == [(variable, meant)]


@pytest.mark.parametrize(
    "foreign", ["PATH", "HOSTS", "POST", "HTTP", "SMTP_HOSTS_2", "LEASE", "WORKERS", "DEMOS"]
)
def test_names_of_others_are_left_alone(foreign: str) -> None:
    assert misspelt({foreign: "1"}) == []


def test_the_product_says_at_its_start_which_setting_was_meant(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEASE_SECOND", "60")
    create_app(replace(settings, log_level="WARNING"))
    line = json.loads(capfd.readouterr().err)
    assert (line["variable"], line["did_you_mean"]) == ("LEASE_SECOND", "LEASE_SECONDS")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    values = {
        "encryption_keys": new_key(),
        "database_url": f"sqlite:///{tmp_path}/other.db",
        "database_read_url": "postgresql://u@replica/d",
        "redis_url": "redis://redis/7",
        "smtp_password": "",
    }
    value = values.get(name, "a text without meaning")
    more = {} if value else {"SMTP_USERNAME": "somebody"}
    if name == "database_read_url":
        keys = {"ENCRYPTION_KEYS": new_key(), "SECRET_KEY": new_key()}
        more = {"DATABASE_URL": "postgresql://u@h/d", **keys}
    value = value or "password"
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    environ = {"DATA_DIR": str(tmp_path / "data"), f"{name.upper()}_FILE": str(file), **more}
    assert getattr(read_settings(environ), name) == value


def test_a_server_database_gets_no_keys_of_our_making(tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        read(tmp_path / "new", DATABASE_URL="postgresql://u@h/d")
    assert not (tmp_path / "new").exists()


def test_keys_that_were_made_before_go_on_working_with_a_server_database(tmp_path: Path) -> None:
    made = read_settings({"DATA_DIR": str(tmp_path)})
    settings = read_settings({"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://u@h/d"})
    assert settings.encryption_keys == made.encryption_keys
    assert settings.secret_key == made.secret_key


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


def test_what_is_made_in_the_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    """However it is created: also by `flask db upgrade` and granian, not just `python app.py`."""
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
