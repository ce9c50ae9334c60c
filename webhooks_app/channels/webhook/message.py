"""What the transport is given."""

from collections.abc import Mapping

import msgspec


class WebhookMessage(msgspec.Struct, frozen=True):
    """One request, ready to send. `timeout` is how many seconds an answer may take, None for as
    long as the transport waits."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float | None = None
