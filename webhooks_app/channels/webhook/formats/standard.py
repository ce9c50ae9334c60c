"""Standard Webhooks (standardwebhooks.com, specification 1.0): the default."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted
from webhooks_app.channels.webhook.signatures import sign_standard, verify_standard


class Standard:
    """During a rotation, the header has a signature by each secret.

    `family` is how its three headers begin.
    """

    name = "standard"
    label = "Standard Webhooks"
    family: ClassVar[str] = "webhook"
    content_type = "application/json"
    encoded_secret = True
    signs_with_each = True

    @property
    def signature_header(self) -> str:
        return f"{self.family}-signature"

    def envelope(self, event: EventView) -> bytes:
        """`{"type", "timestamp", "data"}`."""
        return b'{"type":%b,"timestamp":%b,"data":%b}' % (
            quoted(event.type),
            moment(event.occurred_at),
            event.data,
        )

    def headers(
        self,
        secrets: Sequence[str],
        delivery_id: str,
        timestamp: int,
        body: bytes,
        event: EventView,  # noqa: ARG002
    ) -> dict[str, str]:
        return {
            "Content-Type": self.content_type,
            f"{self.family}-id": delivery_id,
            f"{self.family}-timestamp": str(timestamp),
            f"{self.family}-signature": sign_standard(secrets, delivery_id, timestamp, body),
        }

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
        verify_standard(secret, headers, body, now, self.family)
