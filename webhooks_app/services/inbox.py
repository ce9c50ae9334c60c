"""The built-in receiver: private URLs that keep what they are sent, and check its signature."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webhooks_app.channels.webhook.signatures import BadSignature, check_secret, verify_standard
from webhooks_app.clock import utcnow
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.models import Inbox, InboxRequest
from webhooks_app.services.audit_log import Target, record

KEPT = 100
MOST = 20
LONGEST_NAME = 200
BODY_LIMIT = 512 * 1024
SHOWN = 8 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as its page shows it. `verified` is None when no signature could be checked."""

    id: str
    received_at: datetime
    method: str
    event: str
    delivery_id: str
    headers: Sequence[tuple[str, str]]
    body: str
    verified: bool | None
    why: str


def find(session: Session, token: str) -> Inbox | None:
    return session.scalar(select(Inbox).where(Inbox.token == token))


def inboxes_of(session: Session, organisation_id: str) -> Sequence[Inbox]:
    """Oldest first."""
    query = select(Inbox).where(Inbox.organisation_id == organisation_id).order_by(Inbox.id)
    return session.scalars(query).all()


def open_inbox(
    session: Session, organisation_id: str, name: str, secret: str, vault: Vault
) -> Inbox:
    """A new inbox with a URL of its own, committed. `secret` checks signatures; empty for none.

    Raises `Invalid` for a name or secret that cannot be, or one inbox too many.
    """
    if len(inboxes_of(session, organisation_id)) >= MOST:
        raise Invalid(Fault("#/name", f"There are {MOST} inboxes already: delete one first."))
    if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(Fault("#/name", f"A name has 1 to {LONGEST_NAME} printable characters."))
    try:
        sealed = vault.seal(check_secret(secret)) if secret else None
    except ValueError as error:
        raise Invalid(Fault("#/secret", str(error))) from error
    inbox = Inbox(
        id=new_id("inb"),
        organisation_id=organisation_id,
        token=token_urlsafe(24),
        name=name.strip(),
        sealed_secret=sealed,
        created_at=utcnow(),
    )
    session.add(inbox)
    record(session, "inbox.opened", Target.of(inbox))
    session.commit()
    return inbox


def close_inbox(session: Session, inbox: Inbox) -> None:
    """It and all that it kept are gone, committed."""
    record(session, "inbox.deleted", Target.of(inbox))
    session.delete(inbox)
    session.commit()


def receive(
    session: Session, inbox: Inbox, method: str, headers: Sequence[tuple[str, str]], body: bytes
) -> None:
    """Keep a request; only the newest `KEPT` stay."""
    session.add(
        InboxRequest(
            id=new_id("req"),
            inbox_id=inbox.id,
            method=method,
            headers=orjson.dumps(headers).decode(),
            body=body,
            received_at=utcnow(),
        )
    )
    session.flush()
    oldest = (
        select(InboxRequest.id)
        .where(InboxRequest.inbox_id == inbox.id)
        .order_by(InboxRequest.id.desc())
        .offset(KEPT)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        delete(InboxRequest).where(InboxRequest.inbox_id == inbox.id, InboxRequest.id <= oldest)
    )
    session.commit()


def requests_of(session: Session, inbox: Inbox, vault: Vault) -> list[Shown]:
    """What came in, newest first."""
    secret = None
    with suppress(Unreadable):
        secret = vault.open(inbox.sealed_secret) if inbox.sealed_secret else None
    query = (
        select(InboxRequest)
        .where(InboxRequest.inbox_id == inbox.id)
        .order_by(InboxRequest.id.desc())
    )
    return [_shown(request, secret) for request in session.scalars(query)]


def _shown(request: InboxRequest, secret: str | None) -> Shown:
    pairs = [(name, value) for name, value in orjson.loads(request.headers)]
    headers = {name.lower(): value for name, value in pairs}
    verified, why = _verified(secret, headers, request)
    return Shown(
        id=request.id,
        received_at=request.received_at,
        method=request.method,
        event=_event_name(request.body),
        delivery_id=headers.get("webhook-id", ""),
        headers=pairs,
        body=_pretty(request.body),
        verified=verified,
        why=why,
    )


def _verified(
    secret: str | None, headers: Mapping[str, str], request: InboxRequest
) -> tuple[bool | None, str]:
    if secret is None:
        return None, "This inbox knows no signing secret."
    if "webhook-signature" not in headers:
        return None, "It came without a signature."
    try:
        verify_standard(secret, headers, request.body, now=int(request.received_at.timestamp()))
    except BadSignature as error:
        return False, str(error)
    return True, "The signature is right, and the timestamp is fresh."


def _event_name(body: bytes) -> str:
    content = _json(body)
    name = content.get("type") or content.get("event") if isinstance(content, dict) else None
    return str(name or "")


def _pretty(body: bytes) -> str:
    """Long ones cut: a page shows a hundred of them."""
    with suppress(orjson.JSONEncodeError):
        if len(body) <= SHOWN and (content := _json(body)) is not None:
            return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
    cut = "" if len(body) <= SHOWN else f"\n… {len(body) - SHOWN} bytes more"
    return body[:SHOWN].decode(errors="replace") + cut


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
