"""Shopify's headers and signature, for receivers that already have code for them.

The body is the data alone, as Shopify's is. See "Deliver webhooks through HTTPS" in Shopify's
documentation.
"""

import re
from typing import ClassVar

from webhooks_app.channels.webhook.formats.body_signed import BodySigned
from webhooks_app.channels.webhook.formats.contract import EventView
from webhooks_app.channels.webhook.signatures import base64_of
from webhooks_app.lib.times import rfc3339

API_VERSION = "2026-10"
HOST = re.compile("[A-Za-z0-9][A-Za-z0-9.-]*")


class Shopify(BodySigned):
    """Shopify's libraries refuse a request that lacks the shop or the version of the API."""

    name = "shopify"
    label = "Shopify style"
    sent_as = "X-Shopify-Hmac-Sha256"
    prefix = ""
    encoding = "base64"
    digits: ClassVar[re.Pattern[str]] = re.compile("[A-Za-z0-9+/]{43}=")
    shape = "<44 characters of base64>"

    def envelope(self, event: EventView) -> bytes:
        return event.data

    def more_headers(
        self,
        delivery_id: str,
        timestamp: int,  # noqa: ARG002
        event: EventView,
    ) -> dict[str, str]:
        """The time is not signed."""
        return {
            "X-Shopify-Topic": event.type.replace(".", "/"),
            "X-Shopify-Webhook-Id": delivery_id,
            "X-Shopify-Event-Id": event.id,
            "X-Shopify-Triggered-At": rfc3339(event.occurred_at),
            "X-Shopify-Shop-Domain": _shop(event),
            "X-Shopify-API-Version": API_VERSION,
        }

    def _signature(self, secret: str, body: bytes) -> str:
        return base64_of(secret, body)


def _shop(event: EventView) -> str:
    """The subject where it is a shop. Otherwise the organisation, under a domain that Shopify's
    libraries take for a shop's."""
    shop = event.subject_of_type("shop")
    is_host = shop is not None and HOST.fullmatch(shop)
    return shop if shop and is_host else f"{event.organisation_id}.myshopify.com"
