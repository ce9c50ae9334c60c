"""Where the key and the address come from: arguments, the environment, the project, a profile."""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hookline.errors import SettingsError

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_PROFILE = "default"
PROJECT_FILE = ".hookline.toml"
MODES = ("live", "test")


@dataclass(frozen=True)
class Profile:
    """A saved address and its key."""

    url: str
    api_key: str


@dataclass(frozen=True)
class Connection:
    """What a client needs. `url` has no path and no slash at its end."""

    url: str
    api_key: str

    @property
    def mode(self) -> str | None:
        """`live` or `test`, as the key says; None for a key that does not say."""
        return next((mode for mode in MODES if self.api_key.startswith(f"hk_{mode}_")), None)

    def __repr__(self) -> str:
        return f"Connection(url={self.url!r}, mode={self.mode!r})"


def connection(
    api_key: str | None = None,
    base_url: str | None = None,
    profile: str | None = None,
    mode: str | None = None,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Connection:
    """An argument comes before `HOOKLINE_API_KEY`, `HOOKLINE_URL` and `HOOKLINE_PROFILE`, those
    before the profile that `.hookline.toml` names, and that before the profile `default`. Whoever
    names a profile as an argument gets its key and its address.

    Raises SettingsError when there is no key, and when a setting contradicts another. The key of a
    profile goes to the address of that profile only.
    """
    around = {} if profile else environ
    key = api_key or around.get("HOOKLINE_API_KEY") or None
    url = base_url or around.get("HOOKLINE_URL") or None
    if key is None:
        saved = _saved(profile, environ, folder or Path.cwd())
        if url is not None and origin_of(url) != origin_of(saved.url):
            raise SettingsError(
                f"The saved key belongs to {saved.url}, not to {url}. Give a key for it too."
            )
        key, url = saved.api_key, saved.url
    elif profile and url is None:
        url = _saved(profile, environ, folder or Path.cwd()).url
    found = Connection(origin_of(url or DEFAULT_URL), _checked(key.strip()))
    if mode is not None and found.mode != mode:
        raise SettingsError(f"The key is not for {mode} mode.")
    return found


def profiles(environ: Mapping[str, str] = os.environ) -> Mapping[str, Profile]:
    """Every saved profile by name."""
    file = config_file(environ)
    try:
        found = _read(file).get("profiles", {})
        return {name: Profile(one["url"], one["api_key"]) for name, one in found.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise SettingsError(f"{file}: each profile needs url and api_key.") from error


def save_profile(name: str, profile: Profile, environ: Mapping[str, str] = os.environ) -> Path:
    """Saves it for this person only. Returns the file."""
    return _write({**profiles(environ), name: profile}, environ)


def remove_profile(name: str, environ: Mapping[str, str] = os.environ) -> None:
    """Raises SettingsError for an unknown name."""
    kept = dict(profiles(environ))
    if kept.pop(name, None) is None:
        raise SettingsError(f"There is no profile {name!r}.")
    _write(kept, environ)


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    base = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "hookline" / "config.toml"


def project(folder: Path) -> Mapping[str, Any]:
    """What the nearest `.hookline.toml` says, here or in a folder above.

    It is shared with others, so it names a profile and never holds a key or an address: whoever
    wrote it could otherwise send your key to their own address.
    """
    for one in (folder, *folder.parents):
        if (file := one / PROJECT_FILE).is_file():
            found = _read(file)
            for name in ("api_key", "url", "secret"):
                if name in found:
                    raise SettingsError(f"{file}: take {name} out. Save it in a profile instead.")
            return found
    return {}


def _saved(profile: str | None, environ: Mapping[str, str], folder: Path) -> Profile:
    named = profile or environ.get("HOOKLINE_PROFILE") or project(folder).get("profile")
    known = profiles(environ)
    if (found := known.get(named or DEFAULT_PROFILE)) is not None:
        return found
    if named:
        raise SettingsError(f"There is no profile {named!r} in {config_file(environ)}.")
    raise SettingsError("There is no API key. Set HOOKLINE_API_KEY, or run `hookline login`.")


def _checked(key: str) -> str:
    """Raises SettingsError, which does not show the key, as an HTTP library would."""
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise SettingsError("The API key has characters that no key has. Was it copied whole?")
    return key


def origin_of(url: str) -> str:
    """Raises SettingsError for what is not an address."""
    text = url.strip().rstrip("/").removesuffix("/api/v1")
    if not text.startswith(("http://", "https://")):
        raise SettingsError(f"{url!r} is not an address; it begins with https:// or http://.")
    return text


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error


def _write(every: Mapping[str, Profile], environ: Mapping[str, str]) -> Path:
    """Whole or not at all, and readable by its owner only."""
    file = config_file(environ)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "".join(
        f"[profiles.{_quoted(name)}]\nurl = {_quoted(one.url)}\n"
        f"api_key = {_quoted(one.api_key)}\n\n"
        for name, one in every.items()
    )
    with tempfile.NamedTemporaryFile("wb", dir=file.parent, delete=False) as new:  # mode 0600
        new.write(text.encode())
    Path(new.name).replace(file)
    return file


def _quoted(text: str) -> str:
    """A string of TOML: the same as in JSON, except that nothing needs two escapes."""
    return json.dumps(text, ensure_ascii=False)
