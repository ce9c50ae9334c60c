"""Public libraries accept what a real receiver got from us, for the formats that have one."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import standardwebhooks
import stripe
import svix.webhooks
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from shopify_app import ShopifyApp

from tests.channels.test_formats import EVENT
from tests.compatibility.delivering import MOST_BYTES, SECRET, request_of, send
from tests.support.receiver import Received, Receiver
from webhooks_app.channels.webhook.signatures import generate_secret


def delivered(name: str, *secrets: str, **more: Any) -> Received:
    with Receiver() as receiver:
        assert send(receiver.url, *request_of(name, *secrets, **more)) == 200
    [request] = receiver.received
    return request


def standard(secret: str, headers: dict[str, str], body: bytes) -> Any:
    return standardwebhooks.Webhook(secret).verify(body, headers)


def svixs(secret: str, headers: dict[str, str], body: bytes) -> Any:
    return svix.webhooks.Webhook(secret).verify(body, headers)


def stripes(secret: str, headers: dict[str, str], body: bytes) -> Any:
    return stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)


Verify = Callable[[str, dict[str, str], bytes], Any]
LIBRARIES: list[tuple[str, Verify]] = [
    ("standard", standard),
    ("standard", svixs),
    ("svix", svixs),
    ("cloudevents", standard),
    ("cloudevents", svixs),
    ("stripe", stripes),
]
REFUSED = (
    standardwebhooks.WebhookVerificationError,
    svix.webhooks.WebhookVerificationError,
    stripe.SignatureVerificationError,
)


@pytest.mark.parametrize(("name", "verify"), LIBRARIES)
def test_a_library_takes_what_we_send_and_nothing_else(name: str, verify: Verify) -> None:
    for event in (EVENT, MOST_BYTES):
        request = delivered(name, event=event)
        verify(SECRET, request.headers, request.body)
    with pytest.raises(REFUSED):
        verify(SECRET, request.headers, request.body + b" ")
    with pytest.raises(REFUSED):
        verify(generate_secret(), request.headers, request.body)
    old = delivered(name, at=int(time.time()) - 400)
    with pytest.raises(REFUSED):
        verify(SECRET, old.headers, old.body)


@pytest.mark.parametrize(("name", "verify"), LIBRARIES)
def test_a_library_takes_either_secret_while_one_rotates(name: str, verify: Verify) -> None:
    new, old = generate_secret(), generate_secret()
    request = delivered(name, new, old)
    verify(new, request.headers, request.body)
    verify(old, request.headers, request.body)


def test_shopifys_library_takes_what_we_send_and_nothing_else() -> None:
    def verdict(request: Received, secret: str = SECRET, more: bytes = b"") -> tuple[bool, object]:
        verified = ShopifyApp("id", secret).verify_webhook_req(
            {
                "method": "POST",
                "headers": request.headers,
                "url": "https://app.example/hook",
                "body": (request.body + more).decode(),
            }
        )
        return verified.ok, verified.shop

    organisation = EVENT.organisation_id
    of_a_shop = msgspec.structs.replace(EVENT, subject_type="shop", subject_id="acme.myshopify.com")
    of_no_host = msgspec.structs.replace(EVENT, subject_type="shop", subject_id="a b\u00fc")
    assert verdict(delivered("shopify", event=of_a_shop)) == (True, "acme")
    for event in (EVENT, MOST_BYTES, of_no_host):
        request = delivered("shopify", event=event)
        assert verdict(request) == (True, organisation)
    assert not verdict(request, more=b" ")[0]
    assert not verdict(request, secret=generate_secret())[0]
    assert request.headers["x-shopify-topic"] == "lead/captured"
    assert request.headers["x-shopify-event-id"] == EVENT.id


def test_stripes_library_reads_an_event() -> None:
    request = delivered("stripe")
    event = stripes(SECRET, request.headers, request.body)
    assert (event.id, event.type, event.created) == (EVENT.id, EVENT.type, 1772445600)
    assert event.data.object["name"] == "Ada Löwe"


def test_the_cloudevents_sdk_reads_an_event() -> None:
    request = delivered("cloudevents")
    event = from_http_event(HTTPMessage(request.headers, request.body))
    assert event.get_specversion() == "1.0"
    assert (event.get_id(), event.get_type()) == (EVENT.id, EVENT.type)
    assert event.get_source() == f"/organisations/{EVENT.organisation_id}"
    assert event.get_subject() == "chatbot/bot_1"
    assert event.get_time() == EVENT.occurred_at
    assert event.get_data() == {"name": "Ada Löwe", "score": 1.5}
