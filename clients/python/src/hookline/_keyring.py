"""Keys in the system's keyring. It needs the extra: `pip install "hookline[keyring]"`."""

from typing import Any

SERVICE = "hookline"
GOOD_ENOUGH = 1  # what `keyring` calls recommended: worse ones keep keys as plain text, or nowhere


class KeyringFailed(Exception):
    """The keyring cannot be read; the message says why."""


def name() -> str | None:
    """What the keyring of this computer is called; None when there is none."""
    found = _backend()
    return None if found is None else str(found.name)


def keep(profile: str, url: str, key: str) -> bool:
    """Whether the keyring has it now. A locked one has not: then keep it elsewhere."""
    found = _backend()
    if found is None:
        return False
    try:
        found.set_password(SERVICE, _user(profile, url), key)
        return bool(found.get_password(SERVICE, _user(profile, url)) == key)
    except Exception:  # each keyring has errors of its own, from D-Bus to macOS
        return False


def find(profile: str, url: str) -> str | None:
    """Raises KeyringFailed."""
    found = _backend()
    if found is None:
        raise KeyringFailed('there is no keyring; run pip install "hookline[keyring]"')
    try:
        key: str | None = found.get_password(SERVICE, _user(profile, url))
    except Exception as error:
        raise KeyringFailed(f"{found.name}: {error or type(error).__name__}") from error
    return key


def forget(profile: str, url: str) -> bool:
    """Whether the keyring does not have it any more."""
    try:
        if find(profile, url) is None:
            return True
        _backend().delete_password(SERVICE, _user(profile, url))
    except Exception:
        return False
    return True


def _user(profile: str, url: str) -> str:
    """With the address: whoever changes it in the file does not get the key sent there."""
    return f"{profile} at {url}"


def _backend() -> Any:
    try:
        import keyring
        from keyring.backends.chainer import ChainerBackend

        found = keyring.get_keyring()
        if isinstance(found, ChainerBackend):  # it would fall back to worse ones
            found = max(found.backends, key=lambda one: one.priority)
        return found if found.priority >= GOOD_ENOUGH else None
    except Exception:  # not installed, or set up wrongly
        return None
