"""Webhooks that lead back to ingest are refused when saved, and stopped if they run anyway."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from tests import factories
from tests.api.conftest import Api, faults, kind, stored
from tests.support.receiver import Receiver
from webhooks_app.api.hops import MOST
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.lib.urls import InvalidUrl, check_endpoint_url
from webhooks_app.models import Attempt, Event, Organisation

NO_RETRY = {"delays": []}


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The product, served at an address that it does not know as its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api/v1"
    server.shutdown()
    thread.join()


def drained(drain: Callable[[], None]) -> None:
    """Deliver everything, including what deliveries cause."""
    before = -1
    while before != (now := stored()[1]):
        before = now
        drain()
        db.session.rollback()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/events", {"type": "booking.confirmed", "data": {}}),
        ("/events", {"type": "booking.confirmed", "data": {}, "chatbot_id": "bot_1"}),
    ],
)
def test_a_loop_of_events_ends(
    address: str,
    api: Api,
    organisation: Organisation,
    drain: Callable[[], None],
    path: str,
    body: dict[str, object],
) -> None:
    for _ in range(2):
        factories.webhook(
            organisation,
            f"{address}{path}",
            event_types=["booking.confirmed"],
            headers=factories.bearer(api.token),
            retry_policy=NO_RETRY,
        )
    assert api.post("/events", body).status_code == 202
    drained(drain)
    generations = [2**number for number in range(MOST + 1)]
    assert sorted(db.session.scalars(select(Event.hops))) == [
        hops for hops, events in enumerate(generations) for _ in range(events)
    ]
    codes = list(db.session.scalars(select(Attempt.status_code)))
    assert sorted(codes) == [202] * sum(generations[1:]) + [422] * 2 ** (MOST + 1)


def test_messages_that_deliveries_report_are_counted_too(
    api: Api, settings: Settings, organisation: Organisation
) -> None:
    message = {"conversation_id": "c1", "role": "visitor", "text": "Hello"}
    ours = {"User-Agent": settings.user_agent}
    assert api.post("/chatbots/b/messages", message, headers=ours).status_code == 202
    assert list(db.session.scalars(select(Event.hops))) == [1]
    late = ours | {"Webhook-Hops": str(MOST)}
    for path, body in (
        ("/chatbots/b/messages", message | {"conversation_id": "c2"}),
        ("/chatbots/b/messages", {"messages": [message | {"conversation_id": "c3"}]}),
        ("/events/batch", {"events": [{"type": "lead.captured", "data": {}}]}),
    ):
        refused = api.post(path, body, headers=late)
        assert (refused.status_code, kind(refused)) == (422, "loop-detected")
    assert stored() == (1, 0)


def test_only_what_another_delivery_caused_carries_the_header(
    api: Api,
    settings: Settings,
    receiver: Receiver,
    drain: Callable[[], None],
    organisation: Organisation,
) -> None:
    factories.webhook(organisation, receiver.url)
    assert api.event().status_code == 202
    assert api.event(id="x").status_code == 202
    drain()
    assert all("webhook-hops" not in one.headers for one in receiver.received)
    assert receiver.received[0].headers["user-agent"] == settings.user_agent
    receiver.received.clear()
    event = {"type": "lead.captured", "data": {}}
    api.post("/events", event, headers={"User-Agent": settings.user_agent})
    api.post("/events", event, headers={"Webhook-Hops": "2"})
    api.post("/events", event, headers={"Webhook-Hops": "many"})
    drain()
    hops = [one.headers.get("webhook-hops") for one in receiver.received]
    assert sorted(hops, key=str) == ["1", "3", None]


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/api/v1/events", False),
        ("/", False),
        ("/test-webhook/abc", True),
        ("/api/test-webhook", True),
        ("/test-webhook/../api/v1/events", False),
        ("/test-webhook/%2e%2e/api/v1/events", False),
        ("/test-webhook/%252e%252e/api", True),
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "127.8.8.8:8000"])
def test_a_url_of_our_own_is_refused(api: Api, host: str, path: str, accepted: bool) -> None:
    body = {"name": "Loop", "url": f"http://{host}{path}", "event_types": ["lead.captured"]}
    response = api.post("/webhooks", body)
    if accepted:
        assert response.status_code == 201
    else:
        assert response.status_code == 422
        assert "loop" in faults(response)["#/url"]


@pytest.mark.parametrize(
    ("settings_of", "own", "others"),
    [
        ({}, ["http://127.0.0.1:8000/x"], ["http://127.0.0.1:8001/x", "https://a.example:8000/x"]),
        (
            {"public_url": "https://hooks.example.com"},
            ["https://hooks.example.com/x", "https://HOOKS.example.com.:443/x"],
            ["https://hooks.example.com:8443/x", "http://hooks.example.com/x"],
        ),
        (
            {"host": "0.0.0.0", "port": 9000},
            ["http://127.0.0.1:9000/x", "http://[::1]:9000/x"],
            ["http://127.0.0.1:8000/x"],
        ),
    ],
)
def test_which_addresses_are_our_own(
    settings_of: dict[str, object], own: list[str], others: list[str]
) -> None:
    allowed = "127.0.0.0/8,::1/128"
    guard = Settings(allowed_networks=allowed, **settings_of).guard  # type: ignore[arg-type]
    for url in own:
        with pytest.raises(InvalidUrl, match="loop"):
            check_endpoint_url(url, guard, https_only=False)
    for url in others:
        assert check_endpoint_url(url, guard, https_only=False)
