"""Saved log-ins: an address in a file, and its key in the system's keyring or in that file."""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hookline import _keyring
from hookline.errors import SettingsError


@dataclass(frozen=True)
class Profile:
    """A saved address and its key. Without `api_key` the keyring has it."""

    url: str
    api_key: str | None = field(default=None, repr=False)


def profiles(environ: Mapping[str, str] = os.environ) -> Mapping[str, Profile]:
    """Every saved profile by name."""
    file = config_file(environ)
    try:
        found = read(file).get("profiles", {})
        return {name: _profile(one) for name, one in found.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise SettingsError(f"{file}: each profile needs url and api_key.") from error


def key_of(name: str, profile: Profile) -> str:
    """Raises SettingsError when the keyring does not give it."""
    if profile.api_key is not None:
        return profile.api_key
    try:
        key = _keyring.find(name, profile.url)
    except _keyring.KeyringFailed as error:
        raise SettingsError(
            f"The key of the profile {name!r} is in the system's keyring, which cannot be "
            f"read ({error}). Unlock it, or run `hookline login` again."
        ) from error
    if key is None:
        raise SettingsError(
            f"The system's keyring has no key for the profile {name!r} any more. "
            "Run `hookline login` again."
        )
    return key


def place_of(profile: Profile, environ: Mapping[str, str] = os.environ) -> str:
    """Where its key is, for people."""
    if profile.api_key is None:
        return f"the system's keyring ({_keyring.name() or 'not there'})"
    return str(config_file(environ))


def save_profile(name: str, profile: Profile, environ: Mapping[str, str] = os.environ) -> Profile:
    """Saves it for this person only. Returns it as it was saved: a keyring comes first.

    The old key is forgotten last: if anything fails, one of them is still there.
    """
    assert profile.api_key is not None
    before = profiles(environ)
    kept = _keyring.keep(name, profile.url, profile.api_key)
    saved = Profile(profile.url) if kept else profile
    _write({**before, name: saved}, environ)
    old = before.get(name)
    if old is not None and not (kept and old.url == profile.url):
        _keyring.forget(name, old.url)
    return saved


def remove_profile(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """From the file and from the keyring; False when the keyring still has the key.

    Raises SettingsError for an unknown name.
    """
    kept = dict(profiles(environ))
    if (profile := kept.pop(name, None)) is None:
        raise SettingsError(f"There is no profile {name!r}.")
    forgotten = _keyring.forget(name, profile.url)
    _write(kept, environ)
    return forgotten or profile.api_key is not None


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    base = environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "hookline" / "config.toml"


def read(file: Path) -> Mapping[str, Any]:
    """The TOML of a file; empty when there is no file. Raises SettingsError."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error


def _profile(found: Mapping[str, Any]) -> Profile:
    return Profile(found["url"], None if found.get("keyring") is True else found["api_key"])


def _write(every: Mapping[str, Profile], environ: Mapping[str, str]) -> None:
    """Whole or not at all, and readable by its owner only."""
    file = config_file(environ)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "".join(
        f"[profiles.{_quoted(name)}]\nurl = {_quoted(one.url)}\n{_key_line(one)}\n\n"
        for name, one in every.items()
    )
    with tempfile.NamedTemporaryFile("wb", dir=file.parent, delete=False) as new:  # mode 0600
        new.write(text.encode())
    Path(new.name).replace(file)


def _key_line(profile: Profile) -> str:
    return "keyring = true" if profile.api_key is None else f"api_key = {_quoted(profile.api_key)}"


def _quoted(text: str) -> str:
    """A string of TOML: the same as in JSON, except that nothing needs two escapes."""
    return json.dumps(text, ensure_ascii=False)
