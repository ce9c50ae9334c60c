"""Encryption of what must be read back, hashing of what must not."""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Vault:
    """Encrypts signing secrets and custom headers at rest.

    The first key encrypts; all of them decrypt, so a key is rotated by putting a new one first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text; raises `Unreadable` when no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unreadable("no key of ENCRYPTION_KEYS opens this secret") from error


class Unreadable(Exception):
    """Sealed under a key that is not configured any more."""


def new_key() -> str:
    return Fernet.generate_key().decode()


def new_token(prefix: str) -> str:
    """A bearer token of 192 random bits; store only its `digest`."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def digest(token: str) -> str:
    """Hex SHA-256. Enough for tokens of full entropy; passwords go through werkzeug's scrypt."""
    return hashlib.sha256(token.encode()).hexdigest()
