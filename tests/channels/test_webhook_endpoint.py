"""How a webhook's request is made."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.support.claimed import claimed
from webhooks_app.channels.retry_policy import POLICIES
from webhooks_app.channels.webhook.endpoint import WebhookEndpoint
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.lib.ssrf import Guard
from webhooks_app.lib.times import utcnow

CURRENT, PREVIOUS = "whsec_" + "Q" * 43 + "=", "whsec_" + "R" * 43 + "="
URL = "https://receiver.example/hook"


def endpoint(**more: Any) -> WebhookEndpoint:
    return WebhookEndpoint(
        transport=Transport(Guard(), timeout=1, connect_timeout=1, now=utcnow),
        user_agent="Hookline-Webhooks/1.0",
        url=URL,
        secret=CURRENT,
        policy=POLICIES["pivot"],
        **more,
    )


def signatures(expires_in: float) -> list[str]:
    rotating = endpoint(
        previous_secret=PREVIOUS,
        previous_expires_at=datetime.now(UTC) + timedelta(seconds=expires_in),
    )
    message = rotating.message(claimed(), URL)
    Webhook(CURRENT).verify(message.body, dict(message.headers))
    if expires_in > 0:
        Webhook(PREVIOUS).verify(message.body, dict(message.headers))
    return message.headers["webhook-signature"].split(" ")


def test_the_previous_secret_signs_until_it_expires_and_no_longer() -> None:
    assert len(signatures(60)) == 2
    assert len(signatures(-1)) == 1


def test_no_header_of_the_customer_takes_the_place_of_ours() -> None:
    plain = endpoint().message(claimed(), URL).headers
    own = {"webhook-id": "forged", "X-Own": "kept"}
    headers = endpoint(own_headers=own).message(claimed(), URL).headers
    assert headers["webhook-id"] == plain["webhook-id"] == claimed().delivery_id
    assert headers["X-Own"] == "kept"


@pytest.mark.parametrize(
    ("former", "sent"),
    [
        (f"{URL}/former", True),
        ("https://receiver.example:443/x", True),
        ("https://other.example/hook", False),
        ("https://receiver.example:8443/hook", False),
        ("http://receiver.example/hook", False),
    ],
)
def test_a_retry_to_a_former_host_has_no_headers_that_were_entered_for_the_new_one(
    former: str, sent: bool
) -> None:
    moved = endpoint(own_headers={"X-Key": "for the new host"})
    assert ("X-Key" in moved.message(claimed(), former).headers) == sent


def test_an_attempt_never_raises() -> None:
    tried = asyncio.run(endpoint().attempt(claimed(wire_format="no such format")))
    assert (tried.url, tried.outcome.error) == (URL, "Not sent: ValueError")
    assert tried.outcome.retryable
