"""Keys in the system's keyring: found there, gone with the log-in, and never sent elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookline import Hookline, SettingsError, _keyring
from hookline.settings import (
    Profile,
    config_file,
    connection,
    place_of,
    profiles,
    remove_profile,
    save_profile,
)

keyring = pytest.importorskip("keyring")  # of the extra `test`
backend = pytest.importorskip("keyring.backend")
chainer = pytest.importorskip("keyring.backends.chainer")
FIND_KEYRING = _keyring._backend  # the other tests of the client use none

WORK = Profile("https://hooks.example.com", "hk_live_work")


class Drawer(backend.KeyringBackend):  # type: ignore[misc,name-defined]
    """A keyring of the package, in memory."""

    priority = 5
    name = "a drawer"

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def _open(self) -> dict[tuple[str, str], str]:
        if self.is_locked:
            raise keyring.errors.KeyringLocked("it is locked")
        return self.kept

    def get_password(self, service: str, username: str) -> str | None:
        return self._open().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self._open()[service, username]


class Paper(Drawer):
    """Keeps keys as plain text, and says so."""

    priority = 0.5


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], Any]]:
    monkeypatch.setattr(_keyring, "_backend", FIND_KEYRING)
    before = keyring.get_keyring()

    def use(one: Any) -> Any:
        keyring.set_keyring(one)
        return one

    yield use
    keyring.set_keyring(before)


@pytest.fixture
def drawer(use: Callable[[Any], Any]) -> Drawer:
    return use(Drawer())  # type: ignore[no-any-return]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_a_key_goes_to_the_keyring_and_not_to_the_file(
    drawer: Drawer, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = save_profile("work", WORK, environ)
    assert list(drawer.kept.values()) == ["hk_live_work"]
    assert "hk_live_work" not in config_file(environ).read_text()
    assert place_of(saved) == "the system's keyring (a drawer)"
    assert profiles(environ) == {"work": Profile(WORK.url)}
    found = connection(profile="work", environ=environ, folder=tmp_path)
    assert (found.url, found.api_key) == (WORK.url, "hk_live_work")
    assert found.source == "the profile 'work', in the system's keyring (a drawer)"
    monkeypatch.setenv("XDG_CONFIG_HOME", environ["XDG_CONFIG_HOME"])
    assert Hookline(profile="work").connection.api_key == "hk_live_work"


def test_it_is_forgotten_in_both_places(drawer: Drawer, environ: dict[str, str]) -> None:
    save_profile("work", WORK, environ)
    save_profile("home", Profile("http://127.0.0.1:8000", "hk_test_home"), environ)
    assert remove_profile("work", environ)
    assert list(profiles(environ)) == ["home"]
    assert list(drawer.kept.values()) == ["hk_test_home"]


def test_a_new_log_in_elsewhere_forgets_the_old_key(
    drawer: Drawer, environ: dict[str, str]
) -> None:
    save_profile("work", WORK, environ)
    save_profile("work", Profile("https://new.example.com", "hk_test_new"), environ)
    assert list(drawer.kept.values()) == ["hk_test_new"]


def test_whoever_changes_the_address_does_not_get_the_key(
    drawer: Drawer, environ: dict[str, str], tmp_path: Path
) -> None:
    save_profile("default", WORK, environ)
    file = config_file(environ)
    file.write_text(file.read_text().replace("hooks.example.com", "evil.example.com"))
    with pytest.raises(SettingsError, match="has no key for the profile 'default'"):
        connection(environ=environ, folder=tmp_path)


def test_a_locked_keyring_says_what_to_do(
    drawer: Drawer, environ: dict[str, str], tmp_path: Path
) -> None:
    save_profile("default", WORK, environ)
    drawer.is_locked = True
    with pytest.raises(SettingsError, match=r"\(a drawer: it is locked\). Unlock it"):
        connection(environ=environ, folder=tmp_path)
    assert not remove_profile("default", environ)
    assert profiles(environ) == {}
    assert save_profile("default", WORK, environ) == WORK  # in the file
    assert connection(environ=environ, folder=tmp_path).api_key == "hk_live_work"
    drawer.is_locked = False
    assert save_profile("default", WORK, environ) == Profile(WORK.url)


def test_a_keyring_that_went_away_is_named(
    drawer: Drawer, use: Callable[[Any], Any], environ: dict[str, str], tmp_path: Path
) -> None:
    save_profile("default", WORK, environ)
    use(keyring.backends.fail.Keyring())
    with pytest.raises(SettingsError, match=r"there is no keyring; run pip install"):
        connection(environ=environ, folder=tmp_path)


def test_of_several_keyrings_only_the_best_is_used(
    use: Callable[[Any], Any], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer, paper = Drawer(), Paper()
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [paper, drawer])
    use(chainer.ChainerBackend())
    assert save_profile("work", WORK, environ) == Profile(WORK.url)
    assert list(drawer.kept.values()) == ["hk_live_work"]
    drawer.is_locked = True
    assert save_profile("work", WORK, environ) == WORK
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [paper])
    assert save_profile("work", WORK, environ) == WORK
    assert paper.kept == {}


class Broken:
    """It fails as soon as it is asked how good it is."""

    @property
    def priority(self) -> float:
        raise RuntimeError("no D-Bus")


def test_a_keyring_that_fails_at_once_is_not_used(
    use: Callable[[Any], Any], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", Broken)
    assert save_profile("default", WORK, environ) == WORK


def test_a_log_in_that_cannot_be_saved_leaves_the_one_before(
    drawer: Drawer, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_profile("default", WORK, environ)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as full:
        full.setattr("hookline._profiles._write", fail)
        with pytest.raises(OSError, match="no space"):
            save_profile("default", Profile("https://new.example.com", "hk_test_new"), environ)
    assert connection(environ=environ, folder=tmp_path).api_key == "hk_live_work"
    save_profile("default", Profile(WORK.url, "hk_live_next"), environ)
    assert "hk_live_next" in drawer.kept.values()
    assert "hk_live_work" not in drawer.kept.values()


@pytest.mark.parametrize("make", [Paper, lambda: keyring.backends.fail.Keyring()])
def test_what_keeps_plain_text_or_nothing_is_not_used(
    use: Callable[[Any], Any], environ: dict[str, str], make: Callable[[], Any]
) -> None:
    use(make())
    assert save_profile("default", WORK, environ) == WORK
    assert "hk_live_work" in config_file(environ).read_text()
    assert _keyring.name() is None
