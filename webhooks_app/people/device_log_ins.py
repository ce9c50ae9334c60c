"""Log in a program that has no browser (RFC 8628): it shows a code, and someone approves it.

The program gets an API key, made when it next asks, so no token is ever stored.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webhooks_app.lib.crypto import digest, new_token
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import ApiKey, DeviceLogIn, Membership, Organisation, User
from webhooks_app.organisations import audit_log
from webhooks_app.people import api_keys
from webhooks_app.people.rights import may_change

LIVES = timedelta(minutes=10)
INTERVAL = 2  # seconds between two questions of a program
# A question that was sent in time may arrive a little sooner after the last.
EARLY = timedelta(seconds=0.5)
# Without vowels, so that no code is a word, and nothing that looks like a digit (RFC 8628 §6.1).
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LONGEST_CLIENT = 200
LONGEST_IP = 45
DEFAULT_PRESET = "develop"
# A stranger can begin a log-in, so what it asks for is not preselected if it can do these.
POWERFUL = frozenset({"keys:write", "members:write", "events:erase"})
MOST_WAITING = 5_000
TRIES = 5


class Begun(NamedTuple):
    device_code: str
    user_code: str


class Granted(NamedTuple):
    """The new key and its token, which is shown once."""

    key: ApiKey
    token: str
    organisation: str


class NotYet(Exception):
    """Nobody has approved it yet."""


class TooSoon(Exception):
    """The program asks more often than it may."""


class TooMany(Exception):
    """Too many log-ins wait already."""


class Refused(Exception):
    """Someone refused it, or may no longer approve it."""


class Expired(Exception):
    """The code is unknown, was used, or has expired."""


def begin(session: Session, client: str, preset: str, ip: str, now: datetime) -> Begun:
    """A new pair of codes, committed. `client` says which program asks.

    Raises `Invalid` and `TooMany`.
    """
    if preset not in api_keys.PRESETS:
        names = ", ".join(api_keys.PRESETS)
        raise Invalid(Fault("#/preset", f"Give one of {names}."))
    if _count_waiting(session, now) >= MOST_WAITING:
        raise TooMany
    for _ in range(TRIES):
        begun = Begun(new_token("hk_device"), _user_code())
        try:
            session.add(_row(begun, client, preset, ip, now))
            session.commit()
        except IntegrityError:  # another one has this code
            session.rollback()
        else:
            return begun
    raise TooMany


def preselected(preset: str) -> str:
    """What the page offers first for what a program asks for."""
    known = api_keys.PRESETS.get(preset)
    return preset if known and not POWERFUL & set(known.scopes) else DEFAULT_PRESET


def find_waiting(session: Session, typed: str, now: datetime) -> DeviceLogIn:
    """By its user code, in any spelling. Raises `NotFound`."""
    row = session.scalar(
        select(DeviceLogIn).where(
            DeviceLogIn.user_code == _spelt(typed),
            DeviceLogIn.status == "waiting",
            DeviceLogIn.expires_at > now,
        )
    )
    if row is None:
        raise NotFound
    return row


def places_of(session: Session, user: User) -> Sequence[Organisation]:
    """The organisations in which the user may make keys, by name."""
    rows = session.execute(
        select(Organisation, Membership.role)
        .join(Membership, Organisation.id == Membership.organisation_id)
        .where(Membership.user_id == user.id)
        .order_by(Organisation.name, Organisation.id)
    )
    return [organisation for organisation, role in rows if may_change(role)]


def approve(
    session: Session,
    row: DeviceLogIn,
    user: User,
    tenant: Tenant,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> None:
    """Let the program have a key, committed.

    Raises `Invalid` like `api_keys.create_api_key`, `NotFound` for an organisation in which the
    user may make no keys, and `Conflict` if it was decided meanwhile.
    """
    if tenant.organisation_id not in {one.id for one in places_of(session, user)}:
        raise NotFound
    api_keys.check(name, scopes, expires_at)
    _must_wait(session, row)
    row.status, row.user_id = "approved", user.id
    row.key_organisation_id, row.key_mode = tenant.organisation_id, tenant.mode
    row.key_name, row.key_scopes, row.key_expires_at = name, list(scopes), expires_at
    session.commit()


def refuse(session: Session, row: DeviceLogIn) -> None:
    """Committed. Raises `Conflict` if it was decided meanwhile."""
    _must_wait(session, row)
    row.status = "refused"
    session.commit()


def ask(session: Session, device_code: str, now: datetime) -> Granted:
    """The key, once. Raises `NotYet`, `TooSoon`, `Refused` or `Expired`."""
    row = session.scalar(select(DeviceLogIn).where(DeviceLogIn.digest == digest(device_code)))
    if row is None or row.expires_at <= now:
        raise Expired
    if row.status == "refused":
        raise Refused
    if row.status == "waiting":
        too_soon = (
            row.polled_at is not None and now - row.polled_at < timedelta(seconds=INTERVAL) - EARLY
        )
        row.polled_at = now
        session.commit()
        raise TooSoon if too_soon else NotYet
    return _grant(session, row)


def delete_expired(session: Session, now: datetime) -> None:
    """Delete those that nobody can use any more, committed."""
    session.execute(delete(DeviceLogIn).where(DeviceLogIn.expires_at < now - LIVES))
    session.commit()


def _grant(session: Session, row: DeviceLogIn) -> Granted:
    """The one who deletes the row makes the key, so there is only one."""
    mine = delete(DeviceLogIn).where(DeviceLogIn.id == row.id).returning(DeviceLogIn.id)
    if session.scalar(mine.execution_options(synchronize_session=False)) is None:
        raise Expired
    session.expunge(row)
    user = session.get_one(User, row.user_id)
    allowed = {one.id: one.name for one in places_of(session, user)}
    organisation_id = row.key_organisation_id or ""
    if organisation_id not in allowed:
        session.commit()
        raise Refused
    audit_log.act_as(audit_log.Actor.person(user))
    key, token = api_keys.create_api_key(
        session,
        organisation_id,
        row.key_mode or "",
        row.key_name or "",
        row.key_scopes,
        row.key_expires_at,
        device=row.client,
    )
    return Granted(key, token, allowed[organisation_id])


def _row(begun: Begun, client: str, preset: str, ip: str, now: datetime) -> DeviceLogIn:
    printable = "".join(filter(str.isprintable, client)).strip()
    return DeviceLogIn(
        id=new_id("dli"),
        digest=digest(begun.device_code),
        user_code=begun.user_code,
        client=printable[:LONGEST_CLIENT] or "An unknown program",
        preset=preset,
        ip=ip[:LONGEST_IP],
        created_at=now,
        expires_at=now + LIVES,
    )


def _count_waiting(session: Session, now: datetime) -> int:
    waits = (DeviceLogIn.status == "waiting") & (DeviceLogIn.expires_at > now)
    return session.scalar(select(func.count()).where(waits)) or 0


def _must_wait(session: Session, row: DeviceLogIn) -> None:
    session.refresh(row, with_for_update=True)
    if row.status != "waiting":
        raise Conflict("This was decided meanwhile. Start again on the command line.")


def _user_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _spelt(typed: str) -> str:
    letters = "".join(one for one in typed.upper() if one in LETTERS)
    return f"{letters[:4]}-{letters[4:]}"
