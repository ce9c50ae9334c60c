"""Pivot's format (its document, "Verifying Webhook Signatures")."""

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted, subject


class Pivot(BodySigned):
    name = "pivot"
    label = "Pivot"
    sent_as = "X-Pivot-Signature"
    prefix = ""

    def envelope(self, event: EventView) -> bytes:
        """The document shows no envelope. It says that a webhook is about a room or a space."""
        return b'{"event":%b,"timestamp":%b,"subject":%b,"data":%b}' % (
            quoted(event.type),
            moment(event.occurred_at),
            subject(event),
            event.data,
        )
