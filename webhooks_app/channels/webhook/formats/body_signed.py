"""The base of formats that sign only the body, in hex, in their own header."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from webhooks_app.channels.webhook.signatures import (
    BadSignature,
    check_match,
    hex_of,
    required,
)

HEX = re.compile("[0-9a-f]{64}")


class BodySigned:
    """The key is the text of the secret.

    The header has room for one signature, so during a rotation the newest secret signs. No time is
    signed, so a receiver cannot recognise an old request; `X-Webhook-Id`, the same on each try,
    lets it drop repeats.
    """

    content_type = "application/json"
    encoded_secret = False
    signs_with_each = False
    sent_as: ClassVar[str]
    prefix: ClassVar[str] = "sha256="

    @property
    def signature_header(self) -> str:
        return self.sent_as.lower()

    def headers(
        self,
        secrets: Sequence[str],
        delivery_id: str,
        timestamp: int,
        body: bytes,
        event_type: str,
    ) -> dict[str, str]:
        return {
            "Content-Type": self.content_type,
            self.sent_as: self.prefix + hex_of(secrets[0], body),
            **self.more_headers(delivery_id, timestamp, event_type),
        }

    def more_headers(
        self,
        delivery_id: str,
        timestamp: int,  # noqa: ARG002
        event_type: str,  # noqa: ARG002
    ) -> dict[str, str]:
        """Headers besides content type and signature."""
        return {"X-Webhook-Id": delivery_id}

    def verify(
        self,
        secret: str,
        headers: Mapping[str, str],
        body: bytes,
        now: int,  # noqa: ARG002
    ) -> None:
        offered = required(headers, self.signature_header)
        digits = offered.removeprefix(self.prefix)
        if not offered.startswith(self.prefix) or not HEX.fullmatch(digits):
            raise BadSignature(f"{self.sent_as} does not look like {self.prefix}<64 hex digits>.")
        check_match(self.prefix + hex_of(secret, body), [offered])
