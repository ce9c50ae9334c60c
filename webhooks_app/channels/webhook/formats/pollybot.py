"""Pollybot's format (its document; it shows this envelope, and `sha256=<signature>`)."""

from collections.abc import Iterable

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import quoted, unix

OWN_NAMES = {"lead.captured": "LEAD_CREATED"}


def name_of(event_type: str) -> str:
    """Pollybot's name of an event type: `LEAD_CREATED`, `CONVERSATION_STARTED` …"""
    return OWN_NAMES.get(event_type) or event_type.replace(".", "_").upper()


def names_by_own(event_types: Iterable[str]) -> dict[str, str]:
    """The way back: each of these event types by Pollybot's name of it."""
    return {name_of(event_type): event_type for event_type in event_types}


class Pollybot(BodySigned):
    name = "pollybot"
    label = "Pollybot"
    sent_as = "X-Webhook-Signature"

    def envelope(self, event: EventView) -> bytes:
        """`timestamp` in whole seconds; `chatbotId` is null when it is not about a chatbot."""
        return b'{"event":%b,"timestamp":%b,"data":%b,"chatbotId":%b}' % (
            quoted(name_of(event.type)),
            unix(event.occurred_at),
            event.data,
            quoted(event.subject_of_type("chatbot")),
        )

    def more_headers(self, delivery_id: str, timestamp: int, event_type: str) -> dict[str, str]:
        """The timestamp is not signed: it informs, and proves nothing."""
        return {
            **super().more_headers(delivery_id, timestamp, event_type),
            "X-Webhook-Timestamp": str(timestamp),
        }
