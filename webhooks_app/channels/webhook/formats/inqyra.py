"""Inqyra's format (its document, "Webhook Payload", which does not name the header)."""

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted


class Inqyra(BodySigned):
    name = "inqyra"
    label = "Inqyra"
    sent_as = "X-Inqyra-Signature"

    def envelope(self, event: EventView) -> bytes:
        return b'{"event":%b,"timestamp":%b,"data":%b}' % (
            quoted(event.type),
            moment(event.occurred_at),
            event.data,
        )
