"""Addresses outside an organisation: each confirms once before it is mailed events or digests."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app.channels.email.confirming import VALID, Confirming
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import MailRecipient, Membership, Organisation, User
from webhooks_app.organisations import daily_limits
from webhooks_app.organisations.audit_log import Target, current_actor, record
from webhooks_app.parts import parts

ASKED_AGAIN_AFTER = timedelta(minutes=10)
MOST_ASKED = 5


class Consent(StrEnum):
    """Whether an address may be mailed. Members need not confirm."""

    MEMBER = "member"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Recipient:
    """`asked_at` is None if it was not asked yet."""

    address: str
    consent: Consent
    asked_at: datetime | None = None

    @property
    def is_mailed(self) -> bool:
        return self.consent in (Consent.MEMBER, Consent.CONFIRMED)


def recipients_of(
    session: Session, organisation_id: str, addresses: Collection[str]
) -> Mapping[str, Recipient]:
    """By address, as written in `addresses`."""
    if not addresses:
        return {}
    wanted = {address.lower() for address in addresses}
    members = set(
        session.scalars(
            select(User.email)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.in_organisation(organisation_id), User.email.in_(wanted))
        )
    )
    kept = MailRecipient.of_organisation(organisation_id).where(MailRecipient.address.in_(wanted))
    rows = {row.address: row for row in session.scalars(kept)}
    return {
        address: _recipient(address, address.lower() in members, rows.get(address.lower()))
        for address in addresses
    }


def ask_new(session: Session, organisation_id: str, addresses: Collection[str], why: str) -> None:
    """Mail a link to addresses that were never asked, in the caller's transaction.

    Call `mail.send_soon` after it. `why` is the name of the action that would mail them. Raises
    `DailyLimit`.
    """
    found = recipients_of(session, organisation_id, addresses).values()
    unasked = {
        one.address.lower()
        for one in found
        if one.consent is Consent.WAITING and one.asked_at is None
    }
    if not unasked:
        return
    daily_limits.spend(session, organisation_id, daily_limits.NEW_ADDRESSES, len(unasked))
    for address in sorted(unasked):
        _ask(session, organisation_id, address, why)


def ask_again(session: Session, organisation_id: str, address: str, why: str) -> None:
    """Mail another link, committed. Raises `DailyLimit`.

    Raises `Conflict` if the address has answered, or may not be asked now.
    """
    row = session.get(MailRecipient, (organisation_id, address.lower()), with_for_update=True)
    [found] = recipients_of(session, organisation_id, [address]).values()
    if found.consent is Consent.DECLINED:
        raise Conflict(f"{address} does not want these e-mails and is not asked again.")
    if found.is_mailed:
        raise Conflict(f"{address} already gets these e-mails.")
    if row is not None and row.asked >= MOST_ASKED:
        raise Conflict(f"{address} was already asked {row.asked} times. Use another address.")
    if row is not None and row.asked_at and utcnow() - row.asked_at < ASKED_AGAIN_AFTER:
        raise Conflict(f"{address} was asked a moment ago. Try again in 10 minutes.")
    daily_limits.spend(session, organisation_id, daily_limits.NEW_ADDRESSES)
    _ask(session, organisation_id, address.lower(), why)
    session.commit()
    mail.send_soon()


def by_token(session: Session, token: str) -> tuple[MailRecipient, Organisation]:
    """The address and the organisation of a link.

    Raises `NotFound` if it is expired or not ours.
    """
    try:
        organisation_id, address = _confirming().read(token)
    except ValueError as error:
        raise NotFound from error
    row = session.get(MailRecipient, (organisation_id, address))
    if row is None:
        raise NotFound
    return row, session.get_one(Organisation, organisation_id)


def answer(session: Session, row: MailRecipient, wants_mail: bool) -> None:
    """Store the address's answer, committed. It can be changed while the link works."""
    row.confirmed_at = utcnow() if wants_mail else None
    row.declined_at = None if wants_mail else utcnow()
    action = "recipient.confirmed" if wants_mail else "recipient.declined"
    record(session, action, _target(row.organisation_id, row.address))
    session.commit()


def _ask(session: Session, organisation_id: str, address: str, why: str) -> None:
    now = utcnow()
    row = session.get(MailRecipient, (organisation_id, address))
    if row is None:
        row = MailRecipient(
            organisation_id=organisation_id, address=address, asked=0, created_at=now
        )
        session.add(row)
    row.asked, row.asked_at = row.asked + 1, now
    token = _confirming().token(organisation_id, address)
    mail.post(
        session,
        address,
        "confirm_address",
        organisation=session.get_one(Organisation, organisation_id).name,
        asked_by=current_actor().name,
        action=why,
        address=address,
        days=VALID.days,
        link=mail.link(f"/confirm-address/{token}"),
    )
    record(session, "recipient.asked", _target(organisation_id, address), wanted_by=why)


def _recipient(address: str, is_member: bool, row: MailRecipient | None) -> Recipient:
    if is_member:
        return Recipient(address, Consent.MEMBER)
    if row is None:
        return Recipient(address, Consent.WAITING)
    if row.declined_at is not None:
        return Recipient(address, Consent.DECLINED, row.asked_at)
    consent = Consent.CONFIRMED if row.confirmed_at is not None else Consent.WAITING
    return Recipient(address, consent, row.asked_at)


def _target(organisation_id: str, address: str) -> Target:
    return Target(organisation_id, address, address)


def _confirming() -> Confirming:
    return Confirming(parts().settings.secret_key)
