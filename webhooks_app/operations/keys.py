"""Check that this process has the encryption keys of the others.

SQL keeps a fingerprint of each key that was ever the first of `ENCRYPTION_KEYS`. A process that
starts without the newest one could not read what the others store.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Engine, Table, select

from webhooks_app.database import reading, upsert, writing
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.models import EncryptionKey, Subscription

KEYS = cast(Table, EncryptionKey.__table__)
OTHER_KEYS = (
    "ENCRYPTION_KEYS: the database is encrypted with another key; set the same "
    "keys as on the other machines (when you rotate, keep the old key in the list)"
)


def are_others(engine: Engine, keys: Sequence[str]) -> bool:
    """Whether none of `keys` is the key that encrypts today."""
    with reading(engine) as connection:
        newest = _newest(connection)
        if newest is None:
            return not _opens(connection, Vault(keys))
    return newest not in map(fingerprint, keys)


def remember(engine: Engine, keys: Sequence[str], now: datetime) -> None:
    """Record that the first of `keys` encrypts from now on, unless that is known."""
    first = fingerprint(keys[0])
    with reading(engine) as connection:
        if _newest(connection) == first:
            return
    with writing(engine) as connection:
        row = upsert(connection, KEYS).values(fingerprint=first, first_since=now)
        again = row.on_conflict_do_update(index_elements=["fingerprint"], set_={"first_since": now})
        connection.execute(again)


def fingerprint(key: str) -> str:
    """A fingerprint. It reveals nothing about the key, which is 256 random bits."""
    return hashlib.sha256(b"hookline encryption key " + key.encode()).hexdigest()


def _newest(connection: Connection) -> str | None:
    newest = select(KEYS.c.fingerprint).order_by(KEYS.c.first_since.desc()).limit(1)
    return connection.scalar(newest)


def _opens(connection: Connection, vault: Vault) -> bool:
    """For a database from before fingerprints: check whether the newest secret can be decrypted."""
    newest = select(Subscription.sealed_secret).order_by(Subscription.id.desc()).limit(1)
    sealed = connection.scalar(newest)
    try:
        return sealed is None or bool(vault.open(sealed))
    except Unreadable:
        return False
