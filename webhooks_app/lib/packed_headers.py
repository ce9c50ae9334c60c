"""Headers of requests as the log stores them: what comes again and again is a small number.

Half of the size of an attempt were headers that are the same each time. They are stored as a JSON
list: numbers of entries of `TABLE`, each followed by what the entry leaves open. Rows of older
versions are JSON objects, and so is what has no header of the table, such as a mail's.
"""

from collections.abc import Iterator, Mapping
from enum import Enum

import orjson

from webhooks_app.lib import json_text

MASK = "••••••"


class Open(Enum):
    """What an entry leaves open: a value, which follows, or the id of the delivery."""

    VALUE = 1
    OWN_ID = 2


UNLISTED, UNLISTED_MASKED = 0, 1
FIRST = 2

# What is stored refers to the place in this list: add entries at its end, and change none, or old
# attempts would show what they never sent.
TABLE: tuple[tuple[str, str | Open], ...] = (
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
)
_WHOLE = {entry: number for number, entry in enumerate(TABLE, FIRST)}
_NAMES = {name: number for (name, value), number in _WHOLE.items() if value is Open.VALUE}


def pack(headers: Mapping[str, str], own_id: str) -> str:
    """The headers as they are stored with the attempt of the delivery `own_id`."""
    packed: list[int | str] = []
    is_listed = False
    for name, value in headers.items():
        whole = _WHOLE.get((name, Open.OWN_ID if value == own_id else value))
        if whole is not None:
            packed.append(whole)
        elif name in _NAMES:
            packed += (_NAMES[name], value)
        else:
            packed += (UNLISTED_MASKED, name) if value == MASK else (UNLISTED, name, value)
            continue
        is_listed = True
    return orjson.dumps(packed if is_listed else headers).decode()


def unpack(stored: str, own_id: str) -> dict[str, str]:
    """The headers in their order; none if the row cannot be read."""
    whole = json_text.read_as(json_text.HeaderMap, stored)
    if whole is not None:
        return whole
    headers: dict[str, str] = {}
    parts = iter(json_text.read_as(list[int | str], stored) or [])
    try:
        for number in parts:
            name, value = _unpacked(number, parts, own_id)
            headers[name] = value
    except (LookupError, TypeError, StopIteration):
        return {}
    return headers


def _unpacked(number: int | str, parts: Iterator[int | str], own_id: str) -> tuple[str, str]:
    """Raises the errors of `unpack` for what no version has written."""
    if number == UNLISTED:
        return str(next(parts)), str(next(parts))
    if number == UNLISTED_MASKED:
        return str(next(parts)), MASK
    if not isinstance(number, int) or number < FIRST:
        raise LookupError(number)
    name, value = TABLE[number - FIRST]
    if value is Open.VALUE:
        return name, str(next(parts))
    return name, own_id if value is Open.OWN_ID else value
