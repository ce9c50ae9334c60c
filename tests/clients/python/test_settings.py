"""Where a client finds its key and its address."""

import stat
from pathlib import Path

import pytest

from hookline import Hookline, SettingsError
from hookline.aio import AsyncHookline
from hookline.settings import (
    DEFAULT_URL,
    Connection,
    Profile,
    config_file,
    connection,
    profiles,
    remove_profile,
    save_profile,
)

pytestmark = pytest.mark.quick

WORK = Profile("https://hooks.example.com", "hk_live_work")
HOME = Profile("http://127.0.0.1:8000", "hk_test_home")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_an_argument_comes_first(environ: dict[str, str], tmp_path: Path) -> None:
    save_profile("default", WORK, environ)
    environ |= {"HOOKLINE_API_KEY": "hk_test_env", "HOOKLINE_URL": "https://env.example.com/"}
    found = connection("hk_test_mine", "https://mine.example.com", environ=environ, folder=tmp_path)
    assert found == Connection("https://mine.example.com", "hk_test_mine")
    found = connection(environ=environ, folder=tmp_path)
    assert found == Connection("https://env.example.com", "hk_test_env")


def test_profiles_are_chosen_by_name(environ: dict[str, str], tmp_path: Path) -> None:
    save_profile("default", HOME, environ)
    save_profile('wörk "1"', WORK, environ)
    assert profiles(environ) == {"default": HOME, 'wörk "1"': WORK}
    assert connection(environ=environ, folder=tmp_path).api_key == "hk_test_home"
    (tmp_path / ".hookline.toml").write_text("profile = 'wörk \"1\"'\n")
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    assert connection(environ=environ, folder=below).api_key == "hk_live_work"
    environ["HOOKLINE_PROFILE"] = "default"
    assert connection(environ=environ, folder=below).api_key == "hk_test_home"
    assert connection(profile='wörk "1"', environ=environ, folder=below) == Connection(
        WORK.url, WORK.api_key
    )


@pytest.mark.parametrize("name", ["default", "work"])
def test_a_profile_by_argument_comes_before_the_environment(
    environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    save_profile("default", HOME, environ)
    save_profile("work", WORK, environ)
    environ |= {
        "HOOKLINE_API_KEY": "hk_test_env",
        "HOOKLINE_URL": "https://env.example.com",
        "HOOKLINE_PROFILE": "default",
    }
    saved = profiles(environ)[name]
    found = connection(profile=name, environ=environ, folder=tmp_path)
    assert found == Connection(saved.url, saved.api_key)
    own = connection("hk_test_mine", profile=name, environ=environ, folder=tmp_path)
    assert own == Connection(saved.url, "hk_test_mine")
    with pytest.raises(SettingsError, match="belongs to"):
        connection(None, "https://env.example.com", name, environ=environ, folder=tmp_path)
    with pytest.raises(SettingsError, match="no profile 'gone'"):
        connection(profile="gone", environ=environ, folder=tmp_path)


def test_only_its_owner_can_read_what_is_saved(environ: dict[str, str]) -> None:
    assert save_profile("default", WORK, environ) == WORK
    file = config_file(environ)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    remove_profile("default", environ)
    assert profiles(environ) == {}
    with pytest.raises(SettingsError, match="no profile 'default'"):
        remove_profile("default", environ)


def test_a_saved_key_goes_to_its_own_address_only(environ: dict[str, str], tmp_path: Path) -> None:
    save_profile("default", WORK, environ)
    environ["HOOKLINE_URL"] = "https://evil.example.com"
    with pytest.raises(SettingsError, match=r"belongs to https://hooks\.example\.com"):
        connection(environ=environ, folder=tmp_path)
    environ["HOOKLINE_URL"] = f"{WORK.url}/"
    assert connection(environ=environ, folder=tmp_path).api_key == "hk_live_work"


@pytest.mark.parametrize("name", ["api_key", "url", "secret"])
def test_what_is_shared_holds_no_key_and_no_address(
    environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    (tmp_path / ".hookline.toml").write_text(f'{name} = "x"\n')
    with pytest.raises(SettingsError, match=f"take {name} out"):
        connection(environ=environ, folder=tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "HOOKLINE_API_KEY"),
        ({"HOOKLINE_API_KEY": "", "HOOKLINE_URL": ""}, "HOOKLINE_API_KEY"),
        ({"HOOKLINE_PROFILE": "work"}, "no profile 'work'"),
    ],
)
def test_without_a_key_it_says_what_to_do(
    environ: dict[str, str], tmp_path: Path, more: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        connection(environ=environ | more, folder=tmp_path)


@pytest.mark.parametrize("text", ["not toml", "[profiles.default]\nurl = 'https://x'\n"])
def test_a_broken_file_is_named(environ: dict[str, str], tmp_path: Path, text: str) -> None:
    file = config_file(environ)
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(SettingsError, match=str(file)):
        connection(environ=environ, folder=tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, DEFAULT_URL),
        ("https://hooks.example.com/", "https://hooks.example.com"),
        ("https://hooks.example.com/api/v1", "https://hooks.example.com"),
        ("https://example.com/hooks/api/v1/", "https://example.com/hooks"),
    ],
)
def test_the_address(url: str | None, expected: str) -> None:
    assert connection("hk_test_x", url, environ={}).url == expected


@pytest.mark.parametrize("key", ["hk_test_a\nb", "hk_test_ü", "hk_test a"])
def test_a_key_that_cannot_be_one_is_not_shown(key: str) -> None:
    with pytest.raises(SettingsError, match="copied whole") as raised:
        connection(key, environ={})
    assert key not in str(raised.value)
    assert connection(" hk_test_x\n", environ={}).api_key == "hk_test_x"


def test_what_is_not_an_address() -> None:
    with pytest.raises(SettingsError, match="not an address"):
        connection("hk_test_x", "hooks.example.com", environ={})


@pytest.mark.parametrize("kind", [Hookline, AsyncHookline])
def test_a_key_of_the_other_mode_is_refused(kind: type[Hookline]) -> None:
    with pytest.raises(SettingsError, match="not for test mode"):
        kind("hk_live_x", mode="test")
    assert kind("hk_test_x", mode="test").connection.mode == "test"


@pytest.mark.parametrize("kind", [Hookline, AsyncHookline])
def test_a_client_uses_its_profile(
    kind: type[Hookline], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", environ["XDG_CONFIG_HOME"])
    save_profile("work", WORK, environ)
    assert kind(profile="work").connection == Connection(WORK.url, WORK.api_key)


@pytest.mark.parametrize("kind", [Hookline, AsyncHookline])
def test_a_client_does_not_show_its_key(kind: type[Hookline]) -> None:
    client = kind("hk_live_very-secret")
    assert "very-secret" not in f"{client!r} {client.connection!r}"
    assert "live" in repr(client)
