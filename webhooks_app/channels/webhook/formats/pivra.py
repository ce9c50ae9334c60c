"""Pivra's format (its document, "Payload format" and "Signature verification")."""

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted


class Pivra(BodySigned):
    name = "pivra"
    label = "Pivra"
    sent_as = "X-Pivra-Signature-256"

    def envelope(self, event: EventView) -> bytes:
        """`chatbot_id` is null for an event that is not about a chatbot."""
        return (b'{"id":%b,"event":%b,"timestamp":%b,"tenant_id":%b,"chatbot_id":%b,"data":%b}') % (
            quoted(event.id),
            quoted(event.type),
            moment(event.occurred_at),
            quoted(event.organisation_id),
            quoted(event.subject_of_type("chatbot")),
            event.data,
        )
