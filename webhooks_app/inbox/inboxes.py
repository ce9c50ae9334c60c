"""The built-in receiver: private URLs and their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webhooks_app.inbox.secrets import sealed
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Inbox, InboxRequest, Organisation, Subscription
from webhooks_app.models.inbox import PLAIN_ANSWER
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.vocabulary import Mode

MOST = 20
LONGEST_NAME = 200
API_INBOX = "Test webhook"
LONGEST_DELAY = 20
LONGEST_BODY = 4096


@dataclass(frozen=True, slots=True)
class InboxSummary:
    """An inbox in the list."""

    inbox: Inbox
    requests: int
    last_received_at: datetime | None


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """The answer that senders get. `content_type` is `json` or `text`."""

    status: int = 200
    delay_ms: int = 0
    body: str = PLAIN_ANSWER
    content_type: str = "json"


def find(session: Session, token: str) -> Inbox | None:
    return session.scalar(select(Inbox).where(Inbox.token == token))


def find_own(session: Session, organisation_id: str, token: str) -> Inbox:
    """Raises `NotFound`, also for another organisation's inbox."""
    query = Inbox.of_organisation(organisation_id).where(Inbox.token == token)
    if (inbox := session.scalar(query)) is None:
        raise NotFound
    return inbox


def find_by_id(session: Session, organisation_id: str, inbox_id: str) -> Inbox:
    """Raises `NotFound`, also for another organisation's inbox."""
    query = Inbox.of_organisation(organisation_id).where(Inbox.id == inbox_id)
    if (inbox := session.scalar(query)) is None:
        raise NotFound
    return inbox


def find_to_change(session: Session, tenant: Tenant, inbox_id: str) -> Inbox:
    """Like `find_by_id`. Raises `Conflict` in test mode for one to which a live webhook sends."""
    inbox = find_by_id(session, tenant.organisation_id, inbox_id)
    if tenant.mode == Mode.TEST and session.scalar(_live_senders(inbox)) is not None:
        raise Conflict("A live webhook sends to this inbox. Use a live key.")
    return inbox


def _live_senders(inbox: Inbox) -> Select[str]:
    return (
        select(Subscription.id)
        .where(
            Subscription.in_tenant(Tenant(inbox.organisation_id, Mode.LIVE.value)),
            Subscription.is_present(),
            Subscription.url.contains(inbox.token, autoescape=True),
        )
        .limit(1)
    )


def summary_of(session: Session, inbox: Inbox) -> InboxSummary:
    query = select(func.count(), func.max(InboxRequest.received_at))
    counted = session.execute(query.where(InboxRequest.inbox_id == inbox.id)).one()
    return InboxSummary(inbox, *counted)


def list_inboxes(session: Session, organisation_id: str) -> Sequence[InboxSummary]:
    """Oldest first."""
    query = (
        select(Inbox, func.count(InboxRequest.id), func.max(InboxRequest.received_at))
        .outerjoin(InboxRequest, InboxRequest.inbox_id == Inbox.id)
        .where(Inbox.in_organisation(organisation_id))
        .group_by(Inbox.id)
        .order_by(Inbox.id)
    )
    return [InboxSummary(*row) for row in session.execute(query)]


def open_inbox(
    session: Session,
    organisation_id: str,
    name: str,
    secret: str,
    vault: Vault,
    answer: CannedAnswer | None = None,
) -> Inbox:
    """A new inbox with its own URL, committed. `secret` checks signatures; empty for none.

    Raises `Invalid` for an invalid name or secret, or one inbox too many.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(
            Fault("#/name", f"The name must have 1 to {LONGEST_NAME} printable characters.")
        )
    sealed_secret = sealed(secret, vault) if secret else None
    _lock(session, organisation_id)
    return _add(session, organisation_id, name.strip(), sealed_secret, answer)


def inbox_of_api(session: Session, organisation_id: str) -> Inbox:
    """The inbox that `POST /api/test-webhook` fills, created on first use, committed.

    Raises `Conflict` for one inbox too many.
    """
    named = (
        Inbox.of_organisation(organisation_id)
        .where(Inbox.name == API_INBOX)
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
    """Lock, so that two people at once cannot both take the last place, or the same name."""
    row = select(Organisation.id).where(Organisation.id == organisation_id)
    session.execute(row.with_for_update(key_share=True))


def _add(
    session: Session,
    organisation_id: str,
    name: str,
    sealed_secret: str | None,
    answer: CannedAnswer | None = None,
) -> Inbox:
    opened = select(func.count()).where(Inbox.in_organisation(organisation_id))
    if (session.scalar(opened) or 0) >= MOST:
        session.rollback()
        raise Invalid(
            Fault("#/name", f"You have {MOST} inboxes, which is the limit. Delete one first.")
        )
    inbox = Inbox(
        id=new_id("inb"),
        organisation_id=organisation_id,
        token=token_urlsafe(24),
        name=name,
        sealed_secret=sealed_secret,
        created_at=utcnow(),
    )
    _write_answer(inbox, answer or CannedAnswer())
    session.add(inbox)
    record(session, "inbox.opened", Target.of(inbox))
    session.commit()
    return inbox


def close_inbox(session: Session, inbox: Inbox) -> None:
    """Delete it with all its requests, committed."""
    record(session, "inbox.deleted", Target.of(inbox))
    session.delete(inbox)
    session.commit()


def answer_of(inbox: Inbox) -> CannedAnswer:
    return CannedAnswer(
        inbox.answer_status, inbox.answer_delay_ms, inbox.answer_body, inbox.answer_type
    )


def fault_of_body(text: str) -> str | None:
    """What is wrong with the body of an answer, as a sentence."""
    if len(text.encode(errors="replace")) > LONGEST_BODY:
        return f"The body can have at most {LONGEST_BODY:,} bytes."
    return "The body cannot contain NUL characters." if "\0" in text else None


def set_answer(session: Session, inbox: Inbox, answer: CannedAnswer) -> None:
    """Set the answer that senders get from now on, committed."""
    _write_answer(inbox, answer)
    session.commit()


def _write_answer(inbox: Inbox, answer: CannedAnswer) -> None:
    inbox.answer_status, inbox.answer_delay_ms = answer.status, answer.delay_ms
    inbox.answer_body, inbox.answer_type = answer.body, answer.content_type
