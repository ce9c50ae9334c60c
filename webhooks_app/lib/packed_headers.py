"""Headers as the log stores them: what comes again and again is a small number.

Half of the size of an attempt were headers that are the same each time. They are stored as a JSON
list: numbers of entries of a table, each followed by what the entry leaves open. What has no header
of the table is stored as it is, as in older versions: a JSON object for a request, a list of pairs
for an answer. That is so for mails.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum

import orjson

from webhooks_app.lib import json_text

MASK = "••••••"


class Open(Enum):
    """What an entry leaves open: a value, which follows, or what the attempt says anyway."""

    VALUE = 1
    OWN_ID = 2  # of the delivery
    SECOND = 3  # in which the attempt began, in Unix time


Own = Mapping[Open, str]
Entry = tuple[str, str | Open]
Header = tuple[str, str]

UNLISTED, UNLISTED_MASKED = 0, 1
FIRST = 2

# What is stored refers to the places in these lists: add entries at their ends, and change none, or
# old attempts would show what nobody ever sent.
SENT: tuple[Entry, ...] = (
    ("User-Agent", "Hookline-Webhooks/1.0"),
    ("User-Agent", Open.VALUE),
    ("Accept-Encoding", "identity"),
    ("Content-Type", "application/json"),
    ("Content-Type", "application/cloudevents+json"),
    ("webhook-id", Open.OWN_ID),
    ("webhook-timestamp", Open.VALUE),
    ("webhook-signature", Open.VALUE),
    ("svix-id", Open.OWN_ID),
    ("svix-timestamp", Open.VALUE),
    ("svix-signature", Open.VALUE),
    ("X-Webhook-Id", Open.OWN_ID),
    ("X-Webhook-Timestamp", Open.VALUE),
    ("X-Webhook-Signature", Open.VALUE),
    ("X-Pivra-Signature-256", Open.VALUE),
    ("X-Pivot-Signature", Open.VALUE),
    ("X-Inqyra-Signature", Open.VALUE),
    ("pivotal-event", Open.VALUE),
    ("pivotal-delivery-id", Open.OWN_ID),
    ("pivotal-signature", Open.VALUE),
    ("Stripe-Signature", Open.VALUE),
    ("X-Hub-Signature-256", Open.VALUE),
    ("X-GitHub-Event", Open.VALUE),
    ("X-GitHub-Delivery", Open.OWN_ID),
    ("X-Shopify-Hmac-Sha256", Open.VALUE),
    ("X-Shopify-Topic", Open.VALUE),
    ("X-Shopify-Webhook-Id", Open.OWN_ID),
    ("X-Shopify-Event-Id", Open.VALUE),
    ("X-Shopify-Triggered-At", Open.VALUE),
    ("X-Shopify-Shop-Domain", Open.VALUE),
    ("X-Shopify-API-Version", Open.VALUE),
    ("Webhook-Hops", Open.VALUE),
    ("traceparent", Open.VALUE),
    ("webhook-timestamp", Open.SECOND),
    ("svix-timestamp", Open.SECOND),
    ("X-Webhook-Timestamp", Open.SECOND),
)
# What servers and their proxies add to most answers, as HTTP/1.1 writes it; HTTP/2 in lower case.
# Many are of the table that HTTP/3 has for the same reason (RFC 9204, Appendix A).
COMMON: tuple[Entry, ...] = (
    ("Content-Type", Open.VALUE),
    ("Content-Type", "application/json"),
    ("Content-Type", "application/json; charset=utf-8"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", Open.VALUE),
    ("Content-Length", "0"),
    ("Content-Length", "2"),
    ("Date", Open.VALUE),
    ("Server", Open.VALUE),
    ("Server", "nginx"),
    ("Server", "cloudflare"),
    ("Connection", "keep-alive"),
    ("Connection", "close"),
    ("Transfer-Encoding", "chunked"),
    ("Keep-Alive", Open.VALUE),
    ("Vary", Open.VALUE),
    ("Vary", "Accept-Encoding"),
    ("Cache-Control", Open.VALUE),
    ("Cache-Control", "no-cache"),
    ("ETag", Open.VALUE),
    ("Expires", Open.VALUE),
    ("Last-Modified", Open.VALUE),
    ("Location", Open.VALUE),
    ("Retry-After", Open.VALUE),
    ("Set-Cookie", Open.VALUE),
    ("Via", Open.VALUE),
    ("Alt-Svc", Open.VALUE),
    ("Strict-Transport-Security", Open.VALUE),
    ("Content-Security-Policy", Open.VALUE),
    ("Referrer-Policy", Open.VALUE),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", Open.VALUE),
    ("X-XSS-Protection", Open.VALUE),
    ("Access-Control-Allow-Origin", "*"),
    ("X-Powered-By", Open.VALUE),
    ("X-Powered-By", "Express"),
    ("X-Request-Id", Open.VALUE),
    ("X-Runtime", Open.VALUE),
    ("x-amzn-RequestId", Open.VALUE),
    ("X-Amzn-Trace-Id", Open.VALUE),
    ("X-Amz-Apigw-Id", Open.VALUE),
    ("CF-RAY", Open.VALUE),
    ("CF-Cache-Status", "DYNAMIC"),
    ("Report-To", Open.VALUE),
    ("NEL", Open.VALUE),
    ("X-RateLimit-Limit", Open.VALUE),
    ("X-RateLimit-Remaining", Open.VALUE),
    ("X-RateLimit-Reset", Open.VALUE),
)
RECEIVED: tuple[Entry, ...] = tuple(
    (written, value) for name, value in COMMON for written in (name, name.lower())
)


class _Table:
    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._whole = {entry: number for number, entry in enumerate(entries, FIRST)}
        self._names = {
            name: number for (name, value), number in self._whole.items() if value is Open.VALUE
        }

    def pack(self, headers: Iterable[Header], own: Own) -> list[int | str] | None:
        """None if the table has none of them."""
        kinds: dict[str, Open] = {value: kind for kind, value in own.items()}
        packed: list[int | str] = []
        is_listed = False
        for name, value in headers:
            whole = self._whole.get((name, kinds.get(value, value)))
            if whole is not None:
                packed.append(whole)
            elif name in self._names:
                packed += (self._names[name], value)
            else:
                packed += (UNLISTED_MASKED, name) if value == MASK else (UNLISTED, name, value)
                continue
            is_listed = True
        return packed if is_listed else None

    def unpack(self, stored: str, own: Own) -> list[Header]:
        """None of them if what is stored cannot be read."""
        parts = iter(json_text.read_as(list[int | str], stored) or [])
        try:
            return [self._unpacked(number, parts, own) for number in parts]
        except (LookupError, TypeError, StopIteration):
            return []

    def _unpacked(self, number: int | str, parts: Iterator[int | str], own: Own) -> Header:
        """Raises the errors of `unpack` for what no version has written."""
        if number == UNLISTED:
            return str(next(parts)), str(next(parts))
        if number == UNLISTED_MASKED:
            return str(next(parts)), MASK
        if not isinstance(number, int) or number < FIRST:
            raise LookupError(number)
        name, value = self._entries[number - FIRST]
        if value is Open.VALUE:
            return name, str(next(parts))
        return name, own[value] if isinstance(value, Open) else value


_SENT, _RECEIVED = _Table(SENT), _Table(RECEIVED)


def pack(headers: Mapping[str, str], delivery_id: str, started_at: datetime) -> str:
    """The request's headers as they are stored with the attempt."""
    packed = _SENT.pack(headers.items(), _own(delivery_id, started_at))
    return orjson.dumps(headers if packed is None else packed).decode()


def unpack(stored: str, delivery_id: str, started_at: datetime) -> dict[str, str]:
    """The request's headers in their order; none if the row cannot be read."""
    whole = json_text.read_as(json_text.HeaderMap, stored)
    if whole is not None:
        return whole
    return dict(_SENT.unpack(stored, _own(delivery_id, started_at)))


def _own(delivery_id: str, started_at: datetime) -> Own:
    return {Open.OWN_ID: delivery_id, Open.SECOND: str(int(started_at.timestamp()))}


def pack_received(headers: Sequence[Header]) -> str:
    """The answer's headers as they are stored."""
    packed = _RECEIVED.pack(headers, {})
    return orjson.dumps(headers if packed is None else packed).decode()


def unpack_received(stored: str) -> json_text.HeaderList:
    """The answer's headers in their order; none if the row cannot be read."""
    whole = json_text.read_as(json_text.HeaderList, stored)
    return _RECEIVED.unpack(stored, {}) if whole is None else whole
