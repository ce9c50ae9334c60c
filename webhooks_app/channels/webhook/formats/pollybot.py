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
    """Pollybot's name for an event type: `LEAD_CREATED`, `CONVERSATION_STARTED` …"""
    return OWN_NAMES.get(event_type) or event_type.replace(".", "_").upper()


def names_by_own(event_types: Iterable[str]) -> dict[str, str]:
    """The reverse: each of these event types by Pollybot's name for it."""
    return {name_of(event_type): event_type for event_type in event_types}


def _data(event: EventView) -> bytes:
    """The data unchanged. A lead also gets the missing members that the document shows.

    So a receiver that reads them finds them.
    """
    if not event.type.startswith("lead."):
        return event.data
    given = _members(event.data)
    more = b",".join(b"%b:%b" % (quoted(k), v) for k, v in _of_a_lead(event) if k not in given)
    if not more:
        return event.data
    return b"%b%b%b}" % (event.data.rstrip()[:-1], b"," if given else b"", more)


def _of_a_lead(event: EventView) -> Iterator[tuple[str, bytes]]:
    """Values that follow from the event: a lead that was just captured is new."""
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
        """`timestamp` is in whole seconds.

        `chatbotId` is null when the event is not about a chatbot.
        """
        return b'{"event":%b,"timestamp":%b,"data":%b,"chatbotId":%b}' % (
            quoted(name_of(event.type)),
            unix(event.occurred_at),
            _data(event),
            quoted(event.subject_of_type("chatbot")),
        )

    def more_headers(self, delivery_id: str, timestamp: int, event: EventView) -> dict[str, str]:
        """The timestamp is only information: it is not signed."""
        return {
            **super().more_headers(delivery_id, timestamp, event),
            "X-Webhook-Timestamp": str(timestamp),
        }
