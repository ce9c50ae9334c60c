"""The second factor of an account: set up, use at a log-in, remove, or reset when it is lost."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.errors import BadAccount, Conflict, NotFound
from webhooks_app.lib.names import checked_name
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import AuthenticatorApp, Membership, Organisation, Passkey, User
from webhooks_app.organisations.audit_log import Target, record, record_in_all
from webhooks_app.people import alarms, passkeys, recovery_codes, sessions, totp
from webhooks_app.people.enrolment import has_second_factor
from webhooks_app.people.passkeys import BadPasskey

APP = "app"


class WrongCode(Exception):
    """The code is not current, or it was already used."""


class Factors(NamedTuple):
    app: AuthenticatorApp | None
    passkeys: Sequence[Passkey]
    codes_left: int

    def __bool__(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def factors_of(session: Session, user: User) -> Factors:
    return Factors(
        session.get(AuthenticatorApp, user.id),
        passkeys.of(session, user),
        recovery_codes.left(session, user),
    )


def add_app(session: Session, user: User, secret: str, code: str, vault: Vault) -> list[str]:
    """Set up an authenticator app in place of any earlier one; committed.

    Returns recovery codes if it is the first factor. Raises `WrongCode`.
    """
    step = totp.step_of(secret, recovery_codes.normalised(code), utcnow().timestamp())
    if step is None:
        raise WrongCode
    before = factors_of(session, user)
    if before.app is not None:
        session.delete(before.app)
        session.flush()
    row = AuthenticatorApp(
        user_id=user.id, sealed_secret=vault.seal(secret), last_step=step, created_at=utcnow()
    )
    session.add(row)
    return _added(session, user, before, APP, "An authenticator app was set up.")


def add_passkey(session: Session, user: User, passkey: Passkey) -> list[str]:
    """Store a new passkey, committed. Returns recovery codes if it is the first factor.

    Raises `BadAccount` for an invalid name, `BadPasskey` for a passkey that someone already has.
    """
    passkey.name = checked_name(passkey.name, "A passkey")
    before = factors_of(session, user)
    if len(before.passkeys) >= passkeys.MOST:
        raise BadAccount(f"You have {passkeys.MOST} passkeys. Remove one first.")
    session.add(passkey)
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()
        raise BadPasskey from error
    return _added(session, user, before, passkey.id, f"The passkey {passkey.name} was added.")


def remove_app(session: Session, user: User) -> None:
    """Committed. Raises `NotFound`."""
    row = session.get(AuthenticatorApp, user.id)
    if row is None:
        raise NotFound
    session.delete(row)
    _removed(session, user, "The authenticator app was removed.")


def remove_passkey(session: Session, user: User, passkey_id: str) -> None:
    """Committed. Raises `NotFound`, also for someone else's."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.user_id != user.id:
        raise NotFound
    session.delete(row)
    _removed(session, user, f"The passkey {row.name} was removed.")


def renew_codes(session: Session, user: User) -> list[str]:
    """New recovery codes, committed; earlier ones no longer work.

    Raises `Conflict` for someone without a second factor.
    """
    if not factors_of(session, user):
        raise Conflict("Set up a second factor first.")
    codes = recovery_codes.renew(session, user)
    _tell(session, user, "recovery_codes_renewed", "New recovery codes were made.")
    return codes


def check_code(session: Session, user: User, code: str, vault: Vault) -> None:
    """Use a code of the authenticator app or a recovery code, committed. Raises `WrongCode`."""
    if _fits_app(session, user, recovery_codes.normalised(code), vault):
        session.commit()
    elif recovery_codes.spend(session, user, code):
        left = recovery_codes.left(session, user)
        _tell(session, user, "recovery_code_used", f"A recovery code was used; {left} are left.")
    else:
        session.rollback()
        raise WrongCode


def disown(session: Session, user: User, factor: str) -> None:
    """Remove a factor that someone else added, in the caller's transaction."""
    if factor == APP:
        session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == user.id))
    theirs = (Passkey.id == factor, Passkey.user_id == user.id)
    session.execute(delete(Passkey).where(*theirs))
    if not factors_of(session, user):
        recovery_codes.drop(session, user)


def require(session: Session, organisation: Organisation, user: User, required: bool) -> None:
    """Set whether every member needs a second factor; committed.

    Raises `Conflict` for an owner without one, who would be locked out first.
    """
    if required and not factors_of(session, user):
        raise Conflict("Set up your own second factor first.")
    if organisation.second_factor_required == required:
        return
    organisation.second_factor_required = required
    target = Target(organisation.id, organisation.id, organisation.name)
    before, after = ({"second_factor_required": one} for one in (not required, required))
    record(session, "organisation.updated", target, before=before, after=after)
    session.commit()


def coverage(session: Session, organisation_id: str) -> tuple[int, int]:
    """How many members have a second factor, and how many there are."""
    row = session.execute(
        select(func.count().filter(has_second_factor(Membership.user_id)), func.count())
        .select_from(Membership)
        .where(Membership.in_organisation(organisation_id))
    ).one()
    return row[0], row[1]


def reset(session: Session, email: str) -> None:
    """Remove all factors of the user with that e-mail, and log them out; committed.

    For an operator who has checked who is asking. Raises `BadAccount`.
    """
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise BadAccount(f"Nobody has an account with the e-mail {email.strip()!r}.")
    if not factors_of(session, user):
        raise BadAccount(f"{user.email} has no second factor.")
    for factor in (AuthenticatorApp, Passkey):
        session.execute(delete(factor).where(factor.user_id == user.id))
    recovery_codes.drop(session, user)
    sessions.end_all(session, user.id)
    _tell(session, user, "second_factor_reset", "An operator removed your second factor.")


def _fits_app(session: Session, user: User, code: str, vault: Vault) -> bool:
    """Lock: if a code is sent twice at once, it works only once."""
    row = session.get(AuthenticatorApp, user.id)
    if row is None:
        return False
    now = utcnow()
    try:
        step = totp.step_of(vault.open(row.sealed_secret), code, now.timestamp())
    except Unreadable:  # A recovery code still works.
        return False
    if step is None:
        return False
    unused = (AuthenticatorApp.user_id == user.id, AuthenticatorApp.last_step < step)
    spent = update(AuthenticatorApp).where(*unused).values(last_step=step, last_used_at=now)
    kept = session.scalar(spent.returning(AuthenticatorApp.user_id))
    return kept is not None


def _added(session: Session, user: User, before: Factors, factor: str, what: str) -> list[str]:
    codes = [] if before else recovery_codes.renew(session, user)
    _tell(session, user, "second_factor_added", what, factor)
    return codes


def _removed(session: Session, user: User, what: str) -> None:
    session.flush()
    if not factors_of(session, user):
        recovery_codes.drop(session, user)
    _tell(session, user, "second_factor_removed", what)


def _tell(session: Session, user: User, action: str, what: str, factor: str = "") -> None:
    record_in_all(session, user, f"member.{action}", what=what)
    alarms.tell(session, user, "second_factor_changed", factor, what=what)
    session.commit()
    mail.send_soon()
