"""Hand out the deliveries of a listener, as requests that are signed and ready to be sent."""

import time
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Engine

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.webhook.endpoint import SignedRequests, members_of
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.lib.crypto import Vault
from webhooks_app.models import Subscription
from webhooks_app.subscriptions import custom_headers, stored

MOST = 100
# For the way there and back.
SLACK = timedelta(seconds=15)


class Taken(NamedTuple):
    """A delivery under a lease, and the request that was signed at `timestamp`."""

    claimed: Claimed
    timestamp: int
    message: WebhookMessage


def requests_of(row: Subscription, vault: Vault, user_agent: str) -> SignedRequests:
    """What makes the requests of a listener. Raises `Broken` for settings that cannot be read."""
    spec = stored.of(row, custom_headers.opened(row, vault))
    return SignedRequests(**members_of(row, spec, vault, user_agent))  # type: ignore[arg-type]


def take(
    database: Engine, row: Subscription, requests: SignedRequests, limit: int, timeout: float
) -> list[Taken]:
    """Lease up to `limit` due deliveries; `timeout` is how many seconds an answer may take.

    Each may wait for another one on the computer, so a lease lasts for two of them.
    """
    lease = timedelta(seconds=2 * timeout) + SLACK
    asked = ClaimRequest(limit=limit, free={row.id: limit}, listener=row.id)
    now = int(time.time())
    return [
        Taken(one, now, requests.message(one, requests.url_for(one.delivery_id), now))
        for one in claim(database, asked, lease)
    ]
