"""Standard Webhooks (standardwebhooks.com, specification 1.0): the default."""

from collections.abc import Sequence

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.signatures import sign_standard


class Standard:
    name = "standard"

    def envelope(self, event: EventView) -> bytes:
        """`{"type", "timestamp", "data"}`; types are plain names, so nothing needs escaping."""
        moment = event.occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return b'{"type":"%b","timestamp":"%b","data":%b}' % (
            event.type.encode(),
            moment.encode(),
            event.data,
        )

    def headers(
        self,
        secrets: Sequence[str],
        delivery_id: str,
        timestamp: int,
        body: bytes,
        event_type: str,  # noqa: ARG002
    ) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign_standard(secrets, delivery_id, timestamp, body),
        }
