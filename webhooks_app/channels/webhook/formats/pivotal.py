"""Pivotal's format (its document, "What a delivery looks like")."""

import re
from collections.abc import Mapping, Sequence

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import moment, quoted
from webhooks_app.channels.webhook.signatures import (
    BadSignature,
    base64_of,
    check_age,
    check_match,
    read_timestamp,
    required,
)

SIGNATURE = re.compile(r"v1,t=([^,]*),sig=([^,]*)")


class Pivotal:
    """During a rotation only the newest secret signs. The key is the text of the secret.

    The document shows one `sig`, and code that splits at commas could take either of two.
    """

    name = "pivotal"
    label = "Pivotal"
    content_type = "application/json"
    signature_header = "pivotal-signature"
    encoded_secret = False
    signs_with_each = False

    def envelope(self, event: EventView) -> bytes:
        return b'{"id":%b,"type":%b,"created_at":%b,"data":%b}' % (
            quoted(event.id),
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
        event: EventView,
    ) -> dict[str, str]:
        return {
            "Content-Type": self.content_type,
            "pivotal-event": event.type,
            "pivotal-delivery-id": delivery_id,
            "pivotal-signature": f"v1,t={timestamp},sig={_sign(secrets[0], timestamp, body)}",
        }

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
        found = SIGNATURE.fullmatch(required(headers, "pivotal-signature"))
        if found is None:
            raise BadSignature("pivotal-signature does not look like v1,t=<seconds>,sig=<base64>.")
        timestamp = read_timestamp(found[1], "pivotal-signature")
        check_age(timestamp, now)
        check_match(_sign(secret, timestamp, body), [found[2]])


def _sign(secret: str, timestamp: int, body: bytes) -> str:
    return base64_of(secret, b"%d.%b" % (timestamp, body))
