"""What the transport gets."""

from collections.abc import Mapping

import msgspec


class WebhookMessage(msgspec.Struct, frozen=True):
    """One request, ready to send.

    `timeout` is how many seconds an answer may take; None for the transport's own limit.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float | None = None
