"""API keys: made, shown once, recognised by their digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from time import monotonic

from sqlalchemy import Engine, Select, bindparam, or_, select, update
from sqlalchemy.orm import Session

from webhooks_app.database import reading
from webhooks_app.lib.crypto import digest, new_token
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Organisation
from webhooks_app.organisations.audit_log import Target, record

SCOPES = (
    "events:write",
    "event-types:write",
    "messages:write",
    "webhooks:read",
    "webhooks:write",
    "deliveries:read",
    "deliveries:write",
)
USE_NOTED_EVERY = timedelta(minutes=1)
HINT_LENGTH = 4
KEPT_SECONDS = 1.0
KEPT_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """Who holds a key, and what it opens."""

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


def create_api_key(
    session: Session, organisation_id: str, mode: str, name: str, scopes: Sequence[str] = SCOPES
) -> tuple[ApiKey, str]:
    """A new key and its token, committed. The token is kept nowhere: show it now.

    Raises ValueError for a scope that is not one of `SCOPES`.
    """
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"no such scope: {', '.join(sorted(unknown))}")
    token = new_token(f"hk_{mode}")
    key = ApiKey(
        id=new_id("key"),
        organisation_id=organisation_id,
        mode=mode,
        name=name,
        hint=token[-HINT_LENGTH:],
        digest=digest(token),
        scopes=list(scopes),
        created_at=utcnow(),
    )
    session.add(key)
    record(session, "api_key.created", Target.of(key))
    session.commit()
    return key, token


Keys = Sequence[ApiKey]


def list_keys(session: Session, tenant: Tenant) -> Keys:
    """Those that open something, newest first."""
    return session.scalars(_keys_of(tenant).order_by(ApiKey.id.desc())).all()


def find_key(session: Session, tenant: Tenant, key_id: str) -> ApiKey:
    """Raises `NotFound`, also for those of others and revoked ones."""
    key = session.scalar(_keys_of(tenant).where(ApiKey.id == key_id))
    if key is None:
        raise NotFound
    return key


def _keys_of(tenant: Tenant) -> Select[ApiKey]:
    return ApiKey.of(tenant).where(ApiKey.revoked_at.is_(None))


def revoke(session: Session, key: ApiKey) -> None:
    """The key opens nothing from now on; in other processes, a second from now."""
    key.revoked_at = key.revoked_at or utcnow()
    record(session, "api_key.revoked", Target.of(key))
    session.commit()
    _recent.pop(key.digest, None)


WHO = select(
    ApiKey.id,
    ApiKey.organisation_id,
    ApiKey.mode,
    ApiKey.scopes,
    ApiKey.last_used_at,
    ApiKey.name,
    Organisation.plan,
).where(
    ApiKey.digest == bindparam("digest"),
    ApiKey.revoked_at.is_(None),
    Organisation.id == ApiKey.organisation_id,
)


_recent: dict[str, tuple[float, Principal]] = {}


def authenticate(database: Engine, token: str) -> Principal | None:
    """Who holds this token; None when nobody does. No transaction is left open.

    An answer is kept for a second, since a busy producer asks a thousand times in it; so a key
    that another process revokes may open for a second more.
    """
    key_digest = digest(token)
    read_at, principal = _recent.get(key_digest, (-inf, None))
    if principal is not None and monotonic() - read_at < KEPT_SECONDS:
        return principal
    with reading(database) as connection:
        row = connection.execute(WHO, {"digest": key_digest}).first()
    if row is None:
        return None
    principal = Principal(*row)
    if len(_recent) >= KEPT_KEYS:
        _recent.clear()
    _recent[key_digest] = (monotonic(), principal)
    _note_use(database, principal)
    return principal


def _note_use(database: Engine, principal: Principal) -> None:
    """Keep when a key was last used, to the minute."""
    now = utcnow()
    if principal.last_used_at and now - principal.last_used_at < USE_NOTED_EVERY:
        return
    with database.begin() as connection:
        connection.execute(
            update(ApiKey)
            .where(
                ApiKey.id == principal.key_id,
                or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < now - USE_NOTED_EVERY),
            )
            .values(last_used_at=now)
        )
