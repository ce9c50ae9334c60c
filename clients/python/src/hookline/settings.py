"""Where the key and the address come from: arguments, the environment, the project, a profile."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookline._profiles import (
    Profile,
    config_file,
    key_of,
    place_of,
    profiles,
    read,
    remove_profile,
    save_profile,
)
from hookline.errors import SettingsError

__all__ = [
    "DEFAULT_PROFILE",
    "DEFAULT_URL",
    "Connection",
    "Profile",
    "config_file",
    "connection",
    "key_of",
    "origin_of",
    "place_of",
    "profiles",
    "project",
    "remove_profile",
    "save_profile",
]

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_PROFILE = "default"
PROJECT_FILE = ".hookline.toml"
MODES = ("live", "test")


@dataclass(frozen=True)
class Connection:
    """What a client needs. `url` has no path and no slash at its end. `source` is where the key
    comes from, for people."""

    url: str
    api_key: str
    source: str = field(default="", compare=False)

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
    source = "an argument" if api_key else "HOOKLINE_API_KEY"
    if key is None:
        name, saved = _saved(profile, environ, folder or Path.cwd())
        if url is not None and origin_of(url) != origin_of(saved.url):
            raise SettingsError(
                f"The saved key belongs to {saved.url}, not to {url}. Give a key for it too."
            )
        key, url = key_of(name, saved), saved.url
        source = f"the profile {name!r}, in {place_of(saved, environ)}"
    elif profile and url is None:
        url = _saved(profile, environ, folder or Path.cwd())[1].url
    found = Connection(origin_of(url or DEFAULT_URL), _checked(key.strip()), source)
    if mode is not None and found.mode != mode:
        raise SettingsError(f"The key is not for {mode} mode.")
    return found


def project(folder: Path) -> Mapping[str, Any]:
    """What the nearest `.hookline.toml` says, here or in a folder above.

    It is shared with others, so it names a profile and never holds a key or an address: whoever
    wrote it could otherwise send your key to their own address.
    """
    for one in (folder, *folder.parents):
        if (file := one / PROJECT_FILE).is_file():
            found = read(file)
            for name in ("api_key", "url", "secret"):
                if name in found:
                    raise SettingsError(f"{file}: take {name} out. Save it in a profile instead.")
            return found
    return {}


def _saved(profile: str | None, environ: Mapping[str, str], folder: Path) -> tuple[str, Profile]:
    named = profile or environ.get("HOOKLINE_PROFILE") or project(folder).get("profile")
    name = named or DEFAULT_PROFILE
    if (found := profiles(environ).get(name)) is not None:
        return name, found
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
