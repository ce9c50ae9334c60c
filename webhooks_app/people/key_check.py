"""Check API keys, on every request to the API."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Engine, bindparam, or_, select, update

from webhooks_app.database import reading
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.crypto import digest
from webhooks_app.lib.errors import DATABASE_AWAY
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Organisation

USE_NOTED_EVERY = timedelta(minutes=1)
KEPT_SECONDS = 1.0
KEPT_KEYS = 10_000


class KeyRefused(Exception):
    """The key does not work; the message tells its holder why."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a key, and what it allows."""

    key_id: str
    organisation_id: str
    mode: str
    scopes: Sequence[str]
    last_used_at: datetime | None
    name: str
    plan: str

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.organisation_id, self.mode)


WHO = (
    select(
        ApiKey.id,
        ApiKey.organisation_id,
        ApiKey.mode,
        ApiKey.scopes,
        ApiKey.last_used_at,
        ApiKey.name,
        Organisation.plan,
        ApiKey.revoked_at,
        ApiKey.expires_at,
    )
    .join(Organisation, Organisation.id == ApiKey.organisation_id)
    .where(ApiKey.digest == bindparam("digest"))
)

_recent: Cache[str, Principal] = Cache(KEPT_KEYS, KEPT_SECONDS)
_renewing: set[str] = set()
# One thread, so that recording a use neither delays the request nor takes many connections.
NOTES = ThreadPoolExecutor(1, "key-use")


def authenticate_key(database: Engine, token: str, ip: str | None = None) -> Principal:
    """The holder of this token. Raises `KeyRefused`. Leaves no transaction open.

    The result is kept for a second, since a busy producer asks a thousand times a second. So an
    ended key may work for one second more.
    """
    key_digest = digest(token)
    if (principal := _recent.get(key_digest)) is not None:
        return principal
    principal = _read(database, key_digest)
    _recent.put(key_digest, principal)
    now = utcnow()
    if _is_unnoted(principal, now):
        NOTES.submit(_note_use, database, principal.key_id, ip, now)
    return principal


def kept_principal(database: Engine, token: str) -> Principal | None:
    """Who holds this token, when this process has asked within the last second. Of a key that is in
    use it asks again before the second is over, in a thread, so that nobody waits for it."""
    key_digest = digest(token)
    principal = _recent.get(key_digest)
    if principal is not None and _recent.is_old(key_digest) and key_digest not in _renewing:
        _renewing.add(key_digest)
        NOTES.submit(_renew, database, key_digest)
    return principal


def _renew(database: Engine, key_digest: str) -> None:
    """Check it again, unless its use has to be recorded: then whoever uses it does that."""
    try:
        with suppress(*DATABASE_AWAY):
            read_at, principal = monotonic(), _read(database, key_digest)
            is_current = key_digest in _renewing  # it was not changed meanwhile
            if is_current and not _is_unnoted(principal, utcnow()):
                _recent.put(key_digest, principal, read_at)
    except KeyRefused:
        _recent.forget(key_digest)
    finally:
        _renewing.discard(key_digest)


def _is_unnoted(principal: Principal, now: datetime) -> bool:
    return principal.last_used_at is None or now - principal.last_used_at >= USE_NOTED_EVERY


def is_key(database: Engine, token: str) -> bool:
    """Whether this token works now. Does not count as a use."""
    try:
        _read(database, digest(token))
    except KeyRefused:
        return False
    return True


def _read(database: Engine, key_digest: str) -> Principal:
    with reading(database) as connection:
        row = connection.execute(WHO, {"digest": key_digest}).first()
    return _accepted(row, utcnow())


def forget(key_digest: str) -> None:
    """Forget a changed key: this process checks it again at once, others within a second."""
    _renewing.discard(key_digest)
    _recent.forget(key_digest)


def _accepted(row: Any, now: datetime) -> Principal:
    if row is None:
        raise KeyRefused("This API key is not known.")
    *members, revoked_at, expires_at = row
    if revoked_at is not None:
        raise KeyRefused(f"This API key was revoked on {_day(revoked_at)}. Use another one.")
    if expires_at is not None and expires_at <= now:
        raise KeyRefused(f"This API key expired on {_day(expires_at)}. Use a new one.")
    return Principal(*members)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d at %H:%M} UTC"


def _note_use(database: Engine, key_id: str, ip: str | None, now: datetime) -> None:
    """Record when and from where a key was last used, to the minute.

    If it cannot be written, a later request tries again.
    """
    unnoted = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USE_NOTED_EVERY)
    with suppress(*DATABASE_AWAY), database.begin() as connection:
        connection.execute(
            update(ApiKey)
            .where(ApiKey.id == key_id, unnoted)
            .values(last_used_at=now, last_used_ip=ip)
        )
