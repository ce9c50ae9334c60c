"""Signed as Stripe signs, in an envelope that Stripe's libraries read as an event.

See "Verify webhook signatures manually" in Stripe's documentation.
"""

from collections.abc import Mapping, Sequence

from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.formats.parts import quoted, unix
from webhooks_app.channels.webhook.signatures import (
    BadSignature,
    check_age,
    check_match,
    hex_of,
    read_timestamp,
    required,
)


class Stripe:
    """The key is the text of the secret, `whsec_` included.

    During a rotation there are two `v1`; a receiver needs one that matches.
    """

    name = "stripe"
    label = "Stripe style"
    content_type = "application/json"
    signature_header = "stripe-signature"
    encoded_secret = False
    signs_with_each = True

    def envelope(self, event: EventView) -> bytes:
        return b'{"id":%b,"object":"event","type":%b,"created":%b,"data":{"object":%b}}' % (
            quoted(event.id),
            quoted(event.type),
            unix(event.occurred_at),
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
        signatures = [f"v1={_sign(secret, timestamp, body)}" for secret in secrets]
        return {
            "Content-Type": self.content_type,
            "Stripe-Signature": ",".join([f"t={timestamp}", *signatures]),
            "X-Webhook-Id": delivery_id,
        }

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
        pairs = [part.partition("=") for part in required(headers, "stripe-signature").split(",")]
        times = [value for key, _, value in pairs if key.strip() == "t"]
        offered = [value for key, _, value in pairs if key.strip() == "v1"]
        if len(times) != 1 or not offered:
            raise BadSignature("stripe-signature does not look like t=<seconds>,v1=<hex>.")
        timestamp = read_timestamp(times[0], "stripe-signature")
        check_age(timestamp, now)
        check_match(_sign(secret, timestamp, body), offered)


def _sign(secret: str, timestamp: int, body: bytes) -> str:
    return hex_of(secret, b"%d.%b" % (timestamp, body))
