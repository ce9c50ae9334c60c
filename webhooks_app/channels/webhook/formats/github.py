"""Signed as GitHub signs, for receivers that already have code for it. The body is ours.

See "Validating webhook deliveries" in GitHub's documentation.
"""

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted, subject


class GitHub(BodySigned):
    name = "github"
    label = "GitHub style"
    sent_as = "X-Hub-Signature-256"

    def envelope(self, event: EventView) -> bytes:
        return b'{"id":%b,"event":%b,"timestamp":%b,"subject":%b,"data":%b}' % (
            quoted(event.id),
            quoted(event.type),
            moment(event.occurred_at),
            subject(event),
            event.data,
        )

    def more_headers(
        self,
        delivery_id: str,
        timestamp: int,  # noqa: ARG002
        event: EventView,
    ) -> dict[str, str]:
        """GitHub's header names, which its libraries and plug-ins look for."""
        return {"X-GitHub-Event": event.type, "X-GitHub-Delivery": delivery_id}
