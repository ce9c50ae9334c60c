"""The base of formats that sign only the body, in their own header."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.signatures import (
    BadSignature,
    check_match,
    hex_of,
    required,
)


class BodySigned:
    """The key is the text of the secret. The signature is in hex, unless a format says otherwise.

    The header has room for one signature, so during a rotation the newest secret signs. No time is
    signed, so a receiver cannot recognise an old request; `X-Webhook-Id`, the same on each try,
    lets it drop repeats.
    """

    content_type = "application/json"
    encoded_secret = False
    signs_with_each = False
    sent_as: ClassVar[str]
    prefix: ClassVar[str] = "sha256="
    encoding: ClassVar[str] = "hex"
    digits: ClassVar[re.Pattern[str]] = re.compile("[0-9a-f]{64}")
    shape: ClassVar[str] = "<64 hex digits>"

    @property
    def signature_header(self) -> str:
        return self.sent_as.lower()

    def headers(
        self,
        secrets: Sequence[str],
        delivery_id: str,
        timestamp: int,
        body: bytes,
        event: EventView,
    ) -> dict[str, str]:
        return {
            "Content-Type": self.content_type,
            self.sent_as: self._signature(secrets[0], body),
            **self.more_headers(delivery_id, timestamp, event),
        }

    def more_headers(
        self,
        delivery_id: str,
        timestamp: int,  # noqa: ARG002
        event: EventView,  # noqa: ARG002
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
        if not offered.startswith(self.prefix) or not self.digits.fullmatch(digits):
            raise BadSignature(f"{self.sent_as} does not look like {self.prefix}{self.shape}.")
        check_match(self._signature(secret, body), [offered])

    def _signature(self, secret: str, body: bytes) -> str:
        return self.prefix + hex_of(secret, body)
