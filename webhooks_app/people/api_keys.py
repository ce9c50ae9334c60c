"""Make, list, rotate and revoke API keys. `people.key_check` checks who holds one."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from webhooks_app.lib.crypto import digest, new_token
from webhooks_app.lib.errors import BadAccount, Conflict, NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.names import checked_name
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import ApiKey, Membership, Organisation
from webhooks_app.organisations.audit_log import Actor, Target, act_as, current_actor, record
from webhooks_app.people import key_check
from webhooks_app.vocabulary import ActorKind

SCOPES = (
    "events:read",
    "events:write",
    "events:erase",
    "event-types:write",
    "messages:write",
    "actions:read",
    "actions:write",
    "webhooks:read",
    "webhooks:write",
    "deliveries:read",
    "deliveries:write",
    "listeners:write",
    "stats:read",
    "inboxes:read",
    "inboxes:write",
    "keys:read",
    "keys:write",
    "members:read",
    "members:write",
    "audit:read",
    "notifications:read",
    "notifications:write",
)


# What reaches beyond one's own work: whoever needs it chooses it.
NOT_TO_DEVELOP = ("events:erase", "keys:write", "members:", "audit:", "notifications:")


class ScopePreset(NamedTuple):
    """Scopes that are often used together."""

    title: str
    scopes: Sequence[str]


PRESETS: Mapping[str, ScopePreset] = {
    "ingest": ScopePreset("Send events and messages", ("events:write", "messages:write")),
    "read": ScopePreset("Read only", tuple(one for one in SCOPES if one.endswith(":read"))),
    "manage": ScopePreset(
        "Manage actions, webhooks and deliveries",
        tuple(one for one in SCOPES if one.startswith(("actions:", "webhooks:", "deliveries:"))),
    ),
    "develop": ScopePreset(
        "Develop with the command line",
        tuple(one for one in SCOPES if not one.startswith(NOT_TO_DEVELOP)),
    ),
    "all": ScopePreset("Everything", SCOPES),
}
HINT_LENGTH = 4
LONGEST_LIFE = timedelta(days=5 * 366)
LONGEST_OVERLAP = timedelta(days=7)


class ListedKey(NamedTuple):
    """`maker_left`: its maker is no longer a member."""

    key: ApiKey
    maker_left: bool


def create_api_key(
    session: Session,
    organisation_id: str,
    mode: str,
    name: str,
    scopes: Collection[str] = SCOPES,
    expires_at: datetime | None = None,
    *,
    maker: ApiKey | None = None,
    device: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its token, committed. The token is not stored: show it now.

    `maker` is the key that makes it, `device` the program that it was approved for, if there is
    one. Raises `Invalid` with faults at `#/name`, `#/scopes` and `#/expires_at`.
    """
    check(name, scopes, expires_at)
    key, token = _new(organisation_id, mode, name.strip(), scopes, expires_at, maker)
    session.add(key)
    detail = {"expires_at": rfc3339(expires_at)} if expires_at else {}
    detail |= {"device": device} if device else {}
    record(session, "api_key.created", Target.of(key), scopes=key.scopes, **detail)
    session.commit()
    return key, token


def check(name: str, scopes: Collection[str], expires_at: datetime | None) -> None:
    """Raises `Invalid` for what no key can have."""
    if faults := list(_faults(name, scopes, expires_at)):
        raise Invalid(*faults)


def rotate(
    session: Session, key: ApiKey, overlap: timedelta, maker: ApiKey | None = None
) -> tuple[ApiKey, str]:
    """A new key in place of `key`, and its token; committed. The old one works for `overlap` more.

    The new one has the same name, scopes and lifetime, but ends with `maker` at the latest, the
    key that makes it, if one does. Raises `Conflict` for a key that has ended or was rotated,
    `Invalid` for an overlap that is too long.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid(Fault("#/overlap", f"The overlap must be 0 to {LONGEST_OVERLAP.days} days."))
    session.refresh(key, with_for_update=True)
    now = utcnow()
    if key.replaced_by is not None or has_ended(key, now):
        raise Conflict("This key has ended or was already rotated. Create a new one instead.")
    lives_until = now + (key.expires_at - key.created_at) if key.expires_at else None
    if maker is not None and maker.expires_at is not None:
        lives_until = min(lives_until or maker.expires_at, maker.expires_at)
    new, token = _new(key.organisation_id, key.mode, key.name, key.scopes, lives_until, maker)
    session.add(new)
    key.replaced_by = new.id
    if overlap:
        key.expires_at = min(now + overlap, key.expires_at or now + overlap)
    else:
        key.revoked_at = now
    hours = overlap // timedelta(hours=1)
    record(session, "api_key.rotated", Target.of(key), replaced_by=new.id, overlap_hours=hours)
    session.commit()
    key_check.forget(key.digest)
    return new, token


def working() -> ColumnElement[bool]:
    """Those that were not revoked and have not expired."""
    ends = ApiKey.expires_at
    return ApiKey.revoked_at.is_(None) & or_(ends.is_(None), ends > utcnow())


def has_ended(key: ApiKey, now: datetime) -> bool:
    """Whether it was revoked or has expired."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def list_keys(session: Session, tenant: Tenant) -> Sequence[ListedKey]:
    """Keys that were not revoked, newest first. Expired ones are shown, so that people see why."""
    made_by = and_(
        Membership.in_organisation(tenant.organisation_id), Membership.user_id == ApiKey.created_by
    )
    query = (
        select(ApiKey, and_(ApiKey.created_by.is_not(None), Membership.user_id.is_(None)))
        .outerjoin(Membership, made_by)
        .where(ApiKey.in_tenant(tenant), ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id.desc())
    )
    return [ListedKey(*row) for row in session.execute(query)]


def find_key(session: Session, tenant: Tenant, key_id: str) -> ApiKey:
    """Raises `NotFound`, also for another organisation's key and a revoked one."""
    unrevoked = ApiKey.of(tenant).where(ApiKey.revoked_at.is_(None))
    key = session.scalar(unrevoked.where(ApiKey.id == key_id))
    if key is None:
        raise NotFound
    return key


def holder_of(session: Session, tenant: Tenant, key_id: str) -> tuple[ApiKey, Organisation]:
    """The key that a request came with, and its organisation. Raises `NotFound` when it was
    revoked meanwhile."""
    key = find_key(session, tenant, key_id)
    return key, session.get_one(Organisation, key.organisation_id)


def made_by(session: Session, organisation_id: str, user_id: str) -> Sequence[ApiKey]:
    """The working keys, in both modes, that a user made, newest first."""
    return session.scalars(
        ApiKey.of_organisation(organisation_id)
        .where(ApiKey.created_by == user_id, working())
        .order_by(ApiKey.id.desc())
    ).all()


def revoke(session: Session, key: ApiKey) -> None:
    """Revoke the key, committed. Other processes notice within a second."""
    end(session, [key])
    session.commit()
    key_check.forget(key.digest)


def revoke_by_token(session: Session, token: str) -> None:
    """Revoke the key with that token, committed, if there is one. Its holder is the actor."""
    key = session.scalar(select(ApiKey).where(ApiKey.digest == digest(token)))
    if key is not None and key.revoked_at is None:
        act_as(Actor(ActorKind.API_KEY, key.name, key.id))
        revoke(session, key)


def end(session: Session, keys: Iterable[ApiKey]) -> None:
    """Revoke them in the caller's transaction."""
    for key in keys:
        key.revoked_at = key.revoked_at or utcnow()
        record(session, "api_key.revoked", Target.of(key))


def preset_of(scopes: Collection[str]) -> ScopePreset | None:
    """The preset with exactly these scopes, if there is one."""
    return next((one for one in PRESETS.values() if set(one.scopes) == set(scopes)), None)


def _new(
    organisation_id: str,
    mode: str,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    maker: ApiKey | None,
) -> tuple[ApiKey, str]:
    token, actor = new_token(f"hk_{mode}"), current_actor()
    key = ApiKey(
        id=new_id("key"),
        organisation_id=organisation_id,
        mode=mode,
        name=name,
        hint=token[-HINT_LENGTH:],
        digest=digest(token),
        scopes=[one for one in SCOPES if one in scopes],
        created_by=maker.created_by if maker else actor.person_id,
        created_by_name=actor.name,
        created_at=utcnow(),
        expires_at=expires_at,
    )
    return key, token


def _faults(name: str, scopes: Collection[str], expires_at: datetime | None) -> Iterator[Fault]:
    try:
        checked_name(name, "A key")
    except BadAccount as error:
        yield Fault("#/name", str(error))
    if not scopes:
        yield Fault("#/scopes", "Choose at least one scope.")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        yield Fault("#/scopes", f"There is no scope called {unknown[0][:100]!r}.")
    now = utcnow()
    if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
        yield Fault("#/expires_at", "A key must expire within the next 5 years, or never.")
