"""Requests to the built-in receiver: kept within bounds, shown with their signatures checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import sleep

import orjson
from sqlalchemy import Engine, delete, func, or_, select
from sqlalchemy.orm import Session

from webhooks_app.database import reading
from webhooks_app.inbox.payloads import event_name, lead_of, parsed, pretty
from webhooks_app.inbox.secrets import Secrets, secrets_of
from webhooks_app.inbox.signature_check import UNSIGNED, SignatureResult, check, detect
from webhooks_app.lib import json_text
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.packed_headers import MASK
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Inbox, InboxRequest

RATE = "100 per second"
KEPT = 100
KEPT_BYTES = 8 * 1024 * 1024
BODY_LIMIT = 512 * 1024
SHOWN = 8 * 1024
STEP = 0.05  # seconds between two looks of whoever waits
ID_HEADERS = (
    "webhook-id",
    "svix-id",
    "x-webhook-id",
    "pivotal-delivery-id",
    "x-github-delivery",
    "x-shopify-webhook-id",
)
MASKED = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived; `source` is the sender's address."""

    method: str
    source: str
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, to be sent after `delay_ms`."""

    status: int
    delay_ms: int = 0
    delay_skipped: bool = False


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request as its page shows it; `lead` is what is known about the person."""

    id: str
    received_at: datetime
    method: str
    source: str
    event: str
    delivery_id: str
    headers: Sequence[tuple[str, str]]
    body: str
    size: int
    lead: dict[str, str]
    answered: Answered
    verdict: SignatureResult


def receive(session: Session, inbox: Inbox, received: Received, answered: Answered) -> None:
    """Keep a request, committed. Only the newest `KEPT` stay, with `KEPT_BYTES` in total.

    Values that only prove who the sender is (`MASKED`) are not kept.
    """
    session.add(
        InboxRequest(
            id=new_id("req"),
            inbox_id=inbox.id,
            method=received.method,
            source=received.source,
            headers=orjson.dumps([_masked(*pair) for pair in received.headers]).decode(),
            body=received.body,
            status=answered.status,
            delay_ms=answered.delay_ms,
            delay_skipped=answered.delay_skipped,
            received_at=utcnow(),
        )
    )
    session.flush()
    _drop_oldest(session, inbox)
    session.commit()


def _masked(name: str, value: str) -> tuple[str, str]:
    if name.lower() not in MASKED:
        return name, value
    scheme, space, rest = value.partition(" ")
    return name, f"{scheme} {MASK}" if space and rest and "=" not in scheme else MASK


def _drop_oldest(session: Session, inbox: Inbox) -> None:
    newest_first = InboxRequest.id.desc()
    size = func.length(InboxRequest.body) + func.length(InboxRequest.headers)
    ranked = (
        select(
            InboxRequest.id,
            func.row_number().over(order_by=newest_first).label("position"),
            func.sum(size).over(order_by=newest_first).label("bytes"),
        )
        .where(InboxRequest.inbox_id == inbox.id)
        .subquery()
    )
    beyond = or_(ranked.c.position > KEPT, ranked.c.bytes > KEPT_BYTES)
    newest_beyond = select(func.max(ranked.c.id)).where(beyond).scalar_subquery()
    session.execute(
        delete(InboxRequest).where(
            InboxRequest.inbox_id == inbox.id, InboxRequest.id <= newest_beyond
        )
    )


def clear(session: Session, inbox: Inbox) -> None:
    """Delete all requests of an inbox, committed."""
    session.execute(delete(InboxRequest).where(InboxRequest.inbox_id == inbox.id))
    session.commit()


def mark_of(session: Session, inbox: Inbox) -> str:
    """A mark that changes whenever a request is added or deleted."""
    query = select(func.max(InboxRequest.id), func.count()).where(InboxRequest.inbox_id == inbox.id)
    return _mark(*session.execute(query).one())


def mark_in(requests: Sequence[RequestView]) -> str:
    """The mark, if these are all the requests."""
    return _mark(requests[0].id if requests else None, len(requests))


def _mark(newest_id: str | None, count: int) -> str:
    """Requests that arrive at once may be committed in another order than their ids."""
    return f"{newest_id or ''}.{count}"


def wait_for_request(database: Engine, inbox_id: str, after: str, until: datetime) -> None:
    """Wait for a request after the one with the id `after`, at most until `until`.

    No transaction is open while it waits.
    """
    newer = select(InboxRequest.id).where(
        InboxRequest.inbox_id == inbox_id, InboxRequest.id > after
    )
    while utcnow() < until:
        with reading(database) as connection:
            if connection.scalar(newer.limit(1)) is not None:
                return
        sleep(STEP)


def requests_of(session: Session, inbox: Inbox, vault: Vault, after: str = "") -> list[RequestView]:
    """The requests after the one with the id `after`, newest first, with long bodies cut."""
    query = (
        select(InboxRequest)
        .where(InboxRequest.inbox_id == inbox.id, InboxRequest.id > after)
        .order_by(InboxRequest.id.desc())
        .limit(KEPT)
    )
    secrets = secrets_of(session, inbox, vault)
    return [_shown(request, secrets, SHOWN) for request in session.scalars(query)]


def request_of(session: Session, inbox: Inbox, request_id: str, vault: Vault) -> RequestView:
    """One request in full. Raises `NotFound`."""
    query = select(InboxRequest).where(
        InboxRequest.inbox_id == inbox.id, InboxRequest.id == request_id
    )
    request = session.scalar(query)
    if request is None:
        raise NotFound
    return _shown(request, secrets_of(session, inbox, vault), BODY_LIMIT)


def _shown(request: InboxRequest, secrets: Secrets, most: int) -> RequestView:
    pairs = json_text.read_as(json_text.HeaderList, request.headers) or []
    headers = {name.lower(): value for name, value in pairs}
    content = parsed(request.body)
    return RequestView(
        id=request.id,
        received_at=request.received_at,
        method=request.method,
        source=request.source,
        event=event_name(content),
        delivery_id=next((headers[name] for name in ID_HEADERS if name in headers), ""),
        headers=pairs,
        body=pretty(request.body, most),
        size=len(request.body),
        lead=lead_of(content),
        answered=Answered(request.status, request.delay_ms, request.delay_skipped),
        verdict=_verdict(request, secrets, headers),
    )


def _verdict(request: InboxRequest, secrets: Secrets, headers: dict[str, str]) -> SignatureResult:
    wire_format = detect(headers)
    known = secrets.at(request.received_at)
    if wire_format is None or not known:
        return SignatureResult(None, wire_format, secrets.why_none if wire_format else UNSIGNED)
    return check(known, headers, request.body, int(request.received_at.timestamp()), wire_format)
