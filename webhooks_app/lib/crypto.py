"""Encrypt what must be read back, and hash what must not."""

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
        """The text. Raises `Unreadable` when no key decrypts it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unreadable("no key in ENCRYPTION_KEYS decrypts this secret") from error


class Unreadable(Exception):
    """Encrypted with a key that is no longer configured."""


def new_key() -> str:
    return Fernet.generate_key().decode()


def new_token(prefix: str) -> str:
    """A bearer token of 192 random bits. Store only its `digest`."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def digest(token: str) -> str:
    """Hex SHA-256. Enough for tokens of full entropy; passwords go through werkzeug's scrypt."""
    return hashlib.sha256(token.encode()).hexdigest()
