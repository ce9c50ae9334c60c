"""The built-in receiver: private URLs, what they answer, and whose signature they expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webhooks_app.channels.webhook.signatures import check_secret
from webhooks_app.clock import utcnow
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.models import Inbox, InboxRequest, Organisation, Subscription
from webhooks_app.models.inbox import PLAIN_ANSWER
from webhooks_app.services.errors import Conflict, NotFound
from webhooks_app.vocabulary import Channel

MOST = 20
LONGEST_NAME = 200
LENDERS_SHOWN = 500
API_INBOX = "Test webhook"


@dataclass(frozen=True, slots=True)
class Line:
    """An inbox in the list of them."""

    inbox: Inbox
    requests: int
    last_received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What senders are answered. `content_type` is `json` or `text`."""

    status: int = 200
    delay_ms: int = 0
    body: str = PLAIN_ANSWER
    content_type: str = "json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signatures are checked with; the one before only until its overlap ends. When there is
    nothing to check with, `why_none` says why."""

    newest: str | None = None
    previous: str | None = None
    previous_until: datetime | None = None
    why_none: str = "This inbox knows no signing secret."

    def at(self, moment: datetime) -> list[str]:
        """Those that were good at that moment, newest first."""
        overlaps = self.previous_until is not None and moment < self.previous_until
        both = (self.newest, self.previous if overlaps else None)
        return [secret for secret in both if secret is not None]


def find(session: Session, token: str) -> Inbox | None:
    return session.scalar(select(Inbox).where(Inbox.token == token))


def list_inboxes(session: Session, organisation_id: str) -> Sequence[Line]:
    """Oldest first."""
    query = (
        select(Inbox, func.count(InboxRequest.id), func.max(InboxRequest.received_at))
        .outerjoin(InboxRequest, InboxRequest.inbox_id == Inbox.id)
        .where(Inbox.organisation_id == organisation_id)
        .group_by(Inbox.id)
        .order_by(Inbox.id)
    )
    return [Line(*row) for row in session.execute(query)]


def open_inbox(
    session: Session, organisation_id: str, name: str, secret: str, vault: Vault
) -> Inbox:
    """A new inbox with a URL of its own, committed. `secret` checks signatures; empty for none.

    Raises `Invalid` for a name or secret that cannot be, or one inbox too many.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(Fault("#/name", f"A name has 1 to {LONGEST_NAME} printable characters."))
    sealed = _sealed(secret, vault) if secret else None
    _lock(session, organisation_id)
    return _add(session, organisation_id, name.strip(), sealed)


def inbox_of_api(session: Session, organisation_id: str) -> Inbox:
    """The one that `POST /api/test-webhook` fills, opened on first use, committed.

    Raises `Conflict` for one inbox too many.
    """
    named = (
        select(Inbox)
        .where(Inbox.organisation_id == organisation_id, Inbox.name == API_INBOX)
        .order_by(Inbox.id)
        .limit(1)
    )
    if (inbox := session.scalar(named)) is not None:
        return inbox
    _lock(session, organisation_id)
    if (inbox := session.scalar(named)) is not None:
        return inbox
    try:
        return _add(session, organisation_id, API_INBOX, None)
    except Invalid as error:
        raise Conflict(error.faults[0].detail) from error


def _lock(session: Session, organisation_id: str) -> None:
    """So that two who open one at once do not both take the last place, or the same name."""
    row = select(Organisation.id).where(Organisation.id == organisation_id)
    session.execute(row.with_for_update(key_share=True))


def _add(session: Session, organisation_id: str, name: str, sealed: str | None) -> Inbox:
    opened = select(func.count()).where(Inbox.organisation_id == organisation_id)
    if (session.scalar(opened) or 0) >= MOST:
        session.rollback()
        raise Invalid(Fault("#/name", f"There are {MOST} inboxes already: delete one first."))
    inbox = Inbox(
        id=new_id("inb"),
        organisation_id=organisation_id,
        token=token_urlsafe(24),
        name=name,
        sealed_secret=sealed,
        created_at=utcnow(),
    )
    session.add(inbox)
    session.commit()
    return inbox


def close_inbox(session: Session, inbox: Inbox) -> None:
    """It and all that it kept are gone, committed."""
    session.delete(inbox)
    session.commit()


def answer_of(inbox: Inbox) -> Answer:
    return Answer(inbox.answer_status, inbox.answer_delay_ms, inbox.answer_body, inbox.answer_type)


def set_answer(session: Session, inbox: Inbox, answer: Answer) -> None:
    """What senders are answered from now on, committed."""
    inbox.answer_status, inbox.answer_delay_ms = answer.status, answer.delay_ms
    inbox.answer_body, inbox.answer_type = answer.body, answer.content_type
    session.commit()


def check_nothing(session: Session, inbox: Inbox) -> None:
    """Forget the secret, committed."""
    inbox.sealed_secret = inbox.subscription_id = None
    session.commit()


def check_with(session: Session, inbox: Inbox, secret: str, vault: Vault) -> None:
    """Check signatures with a secret of its own, committed; empty keeps the one that it has.

    Raises `Invalid`.
    """
    if secret or inbox.sealed_secret is None:
        inbox.sealed_secret = _sealed(secret, vault)
    inbox.subscription_id = None
    session.commit()


def check_like(session: Session, inbox: Inbox, subscription_id: str) -> None:
    """Check signatures with the secret of that webhook, whatever it will be then, committed.

    Raises `NotFound`, also for a webhook of others.
    """
    lender = session.scalar(_lenders(inbox).where(Subscription.id == subscription_id))
    if lender is None:
        raise NotFound
    inbox.subscription_id, inbox.sealed_secret = lender.id, None
    session.commit()


def lenders(session: Session, inbox: Inbox) -> Sequence[Subscription]:
    """Webhooks of the organisation, in either mode, whose secret an inbox may use; those that
    send to it first, else newest first."""
    sends_here = Subscription.url.endswith(f"/{inbox.token}", autoescape=True)
    query = _lenders(inbox).order_by(sends_here.desc(), Subscription.id.desc())
    return session.scalars(query.limit(LENDERS_SHOWN)).all()


def lender_of(session: Session, inbox: Inbox) -> Subscription | None:
    """The webhook whose secret it uses; None when it uses none, or that webhook is deleted."""
    if inbox.subscription_id is None:
        return None
    return session.scalar(_lenders(inbox).where(Subscription.id == inbox.subscription_id))


def _lenders(inbox: Inbox) -> Select[Subscription]:
    return select(Subscription).where(
        Subscription.organisation_id == inbox.organisation_id,
        Subscription.channel == Channel.WEBHOOK.value,
        Subscription.deleted_at.is_(None),
    )


def secrets_of(session: Session, inbox: Inbox, vault: Vault) -> Secrets:
    """What its signatures are checked with."""
    try:
        if inbox.subscription_id is None:
            return Secrets(vault.open(inbox.sealed_secret)) if inbox.sealed_secret else Secrets()
        lender = lender_of(session, inbox)
        if lender is None:
            return Secrets(why_none="The webhook whose secret this inbox used is deleted.")
        previous = lender.sealed_previous_secret
        return Secrets(
            vault.open(lender.sealed_secret),
            vault.open(previous) if previous else None,
            lender.previous_secret_expires_at,
        )
    except Unreadable:
        return Secrets(why_none="The secret is sealed under a key that is not configured any more.")


def _sealed(secret: str, vault: Vault) -> str:
    """Raises `Invalid`."""
    try:
        return vault.seal(check_secret(secret))
    except ValueError as error:
        raise Invalid(Fault("#/secret", str(error))) from error
