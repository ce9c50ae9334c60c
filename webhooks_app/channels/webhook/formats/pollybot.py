"""Pollybot's format (its document; it shows this envelope, and `sha256=<signature>`)."""

from collections.abc import Iterable, Iterator

import msgspec

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted, unix

OWN_NAMES = {"lead.captured": "LEAD_CREATED"}
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
LEAD_DETAILS = (
    "id",
    "name",
    "email",
    "phone",
    "company",
    "message",
    "preferredMethod",
    "urgency",
    "source",
    "status",
    "priority",
)


def name_of(event_type: str) -> str:
    """Pollybot's name of an event type: `LEAD_CREATED`, `CONVERSATION_STARTED` …"""
    return OWN_NAMES.get(event_type) or event_type.replace(".", "_").upper()


def names_by_own(event_types: Iterable[str]) -> dict[str, str]:
    """The way back: each of these event types by Pollybot's name of it."""
    return {name_of(event_type): event_type for event_type in event_types}


def _data(event: EventView) -> bytes:
    """As it came; of a lead, followed by those members that the document shows and that did not
    come, so that a receiver which reads them finds them."""
    if not event.type.startswith("lead."):
        return event.data
    given = _members(event.data)
    more = b",".join(b"%b:%b" % (quoted(k), v) for k, v in _of_a_lead(event) if k not in given)
    if not more:
        return event.data
    return b"%b%b%b}" % (event.data.rstrip()[:-1], b"," if given else b"", more)


def _of_a_lead(event: EventView) -> Iterator[tuple[str, bytes]]:
    """What is known without being told. One that was captured just now is new."""
    is_new, at = event.type == "lead.captured", moment(event.occurred_at)
    for name in LEAD_DETAILS:
        yield name, b'"NEW"' if is_new and name == "status" else b"null"
    yield from (("tags", b"[]"), ("customFields", b"{}"))
    yield "chatbotId", quoted(event.subject_of_type("chatbot"))
    yield "createdAt", at if is_new else b"null"
    yield "updatedAt", at


class Pollybot(BodySigned):
    name = "pollybot"
    label = "Pollybot"
    sent_as = "X-Webhook-Signature"

    def envelope(self, event: EventView) -> bytes:
        """`timestamp` in whole seconds; `chatbotId` is null when it is not about a chatbot."""
        return b'{"event":%b,"timestamp":%b,"data":%b,"chatbotId":%b}' % (
            quoted(name_of(event.type)),
            unix(event.occurred_at),
            _data(event),
            quoted(event.subject_of_type("chatbot")),
        )

    def more_headers(self, delivery_id: str, timestamp: int, event_type: str) -> dict[str, str]:
        """The timestamp is not signed: it informs, and proves nothing."""
        return {
            **super().more_headers(delivery_id, timestamp, event_type),
            "X-Webhook-Timestamp": str(timestamp),
        }
