"""The base of chat services' formats: no signature, since the URL is the secret."""

from collections.abc import Mapping, Sequence

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.signatures import BadSignature


class Unsigned:
    label: str
    content_type = "application/json"
    signature_header = None
    encoded_secret = False
    signs_with_each = False

    def headers(
        self,
        secrets: Sequence[str],  # noqa: ARG002
        delivery_id: str,  # noqa: ARG002
        timestamp: int,  # noqa: ARG002
        body: bytes,  # noqa: ARG002
        event: EventView,  # noqa: ARG002
    ) -> dict[str, str]:
        return {"Content-Type": self.content_type}

    def verify(
        self,
        secret: str,  # noqa: ARG002
        headers: Mapping[str, str],  # noqa: ARG002
        body: bytes,  # noqa: ARG002
        now: int,  # noqa: ARG002
    ) -> None:
        raise BadSignature(f"{self.label} messages are not signed, so nothing can be checked.")
