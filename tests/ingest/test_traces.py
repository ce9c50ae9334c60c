"""A trace goes from the producer through the event to the receiver, and our spans lie between."""

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.server.both_doors import Asked, Doors
from tests.support.collector import Collected, Collector
from tests.support.receiver import Answer, Receiver
from webhooks_app.extensions import db
from webhooks_app.lib import tracing
from webhooks_app.lib.traceparent import OURS, version_of
from webhooks_app.models import Event

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = f"00-{TRACE}-{SPAN}-01"
LEAD = {"type": "lead.captured", "data": {"name": "Ada"}}
HELLO = {"conversation_id": "c1", "role": "visitor", "text": "My mail is ada@example.com"}
REQUESTS = {
    "/api/v1/events": LEAD,
    "/api/v1/events/batch": {"events": [LEAD, LEAD]},
    "/api/v1/chatbots/b/messages": HELLO,
}
SERVER, CLIENT = 2, 3  # kinds of spans


class Producer:
    """Posts with a key, through either door; the door in front of Flask needs a first request."""

    def __init__(self, app: Flask, receiver: Receiver, door: str) -> None:
        organisation = factories.organisation()
        factories.webhook(organisation, receiver.url)
        self._bearer = ("authorization", f"Bearer {factories.api_key(organisation)}")
        db.session.commit()
        self._doors = Doors(app)
        self._door = getattr(self._doors, door)
        self._in_front = door == "ours"
        self.post("/api/v1/events", {"type": "lead.updated", "data": {}})

    def post(self, path: str, body: object, header: str | None = None) -> None:
        headers = [("host", "localhost"), ("content-type", "application/json"), self._bearer]
        if header is not None:
            headers.append(("traceparent", header))
        asked = Asked(tuple(headers), json.dumps(body).encode(), path)
        for _ in range(3):  # the cache of keys and matchers may be cold
            [answered] = self._doors.ask(self._door, asked)
            assert answered.status == 202, answered.body
            if path != "/api/v1/events" or answered.by_flask is not self._in_front:
                return


@pytest.fixture(params=["flask", "ours"])
def producer(app: Flask, receiver: Receiver, request: pytest.FixtureRequest) -> Producer:
    return Producer(app, receiver, request.param)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        tracing.start("test")
        yield collector
        tracing.stop()


def kept(type_: str = "lead.captured") -> set[str | None]:
    db.session.rollback()
    return set(db.session.scalars(select(Event.traceparent).where(Event.type == type_)))


@pytest.mark.parametrize("path", REQUESTS)
def test_what_the_producer_sent_reaches_the_receiver_with_every_try(
    producer: Producer, receiver: Receiver, drain: Callable[[], None], path: str
) -> None:
    producer.post(path, REQUESTS[path], HEADER)
    assert kept() == {HEADER}
    drain()
    captured = [one for one in receiver.received if b"lead.captured" in one.body]
    assert captured
    assert {one.headers.get("traceparent") for one in captured} == {HEADER}


@pytest.mark.parametrize(
    ("path", "header"),
    [*((path, None) for path in REQUESTS), ("/api/v1/events", f"ff-{TRACE}-{SPAN}-01")],
)
def test_without_a_valid_one_requests_stay_as_they_were(
    producer: Producer,
    receiver: Receiver,
    drain: Callable[[], None],
    path: str,
    header: str | None,
) -> None:
    producer.post(path, REQUESTS[path], header)
    assert kept() == {None}
    drain()
    assert receiver.received
    assert not any("traceparent" in one.headers for one in receiver.received)


def test_a_header_of_the_customer_goes_first(
    app: Flask, receiver: Receiver, drain: Callable[[], None]
) -> None:
    producer = Producer(app, receiver, "ours")
    organisation = factories.organisation()
    own = {"Traceparent": "my own"}
    factories.webhook(organisation, receiver.url, headers=own)
    producer._bearer = ("authorization", f"Bearer {factories.api_key(organisation)}")
    db.session.commit()
    producer.post("/api/v1/events", LEAD, HEADER)
    drain()
    assert {one.headers["traceparent"] for one in receiver.received} == {"my own"}


def by_name(spans: list[Collected]) -> dict[str, Collected]:
    found = {one.name: one for one in spans}
    assert len(found) == len(spans)
    return found


def test_spans_lie_between_the_producers_and_the_receivers(
    producer: Producer, receiver: Receiver, drain: Callable[[], None], collector: Collector
) -> None:
    producer.post("/api/v1/events", LEAD, HEADER)
    drain()
    tracing.stop()

    spans = [one for one in collector.spans if one.trace_id == TRACE]
    ids = {one.about.get("hookline.event_id") for one in spans}
    first = by_name([one for one in spans if one.about["hookline.event_id"] == max(map(str, ids))])
    accept, attempt = first["accept"], first["attempt"]
    assert first.keys() == {"accept", "claim", "attempt", "record"}
    assert (accept.parent, accept.kind, attempt.kind) == (SPAN, SERVER, CLIENT)
    assert {one.parent for name, one in first.items() if name != "accept"} == {accept.span_id}
    assert accept.about["hookline.deliveries"] == 1
    assert f"00-{TRACE}-{attempt.span_id}-01" in {
        one.headers.get("traceparent") for one in receiver.received
    }
    assert attempt.about["hookline.status_code"] == 200
    assert attempt.about["hookline.outcome"] == "delivered"
    assert all(one.began <= one.ended for one in first.values())
    assert accept.began <= attempt.began <= first["record"].ended


def test_a_trace_that_begins_here_is_ours_alone(
    producer: Producer, receiver: Receiver, drain: Callable[[], None], collector: Collector
) -> None:
    producer.post("/api/v1/events", LEAD)
    drain()
    tracing.stop()

    [stored] = kept()
    assert stored is not None
    assert version_of(stored) == OURS
    found = by_name([one for one in collector.spans if one.trace_id == stored[3:35]])
    assert found.keys() == {"accept", "claim", "attempt", "record"}
    assert found["accept"].parent == ""
    assert not any("traceparent" in one.headers for one in receiver.received)


def test_a_failed_attempt_says_so_and_a_second_one_has_its_own_span(
    producer: Producer, receiver: Receiver, drain: Callable[[], None], collector: Collector
) -> None:
    receiver.answer = lambda request: Answer(503)
    producer.post("/api/v1/events", LEAD, HEADER)
    drain()
    tracing.stop()
    attempts = [one for one in collector.spans if one.name == "attempt"]
    assert attempts
    assert {(one.failed, one.about["hookline.status_code"]) for one in attempts} == {(True, 503)}
    assert {one.about["hookline.failure"] for one in attempts} == {"status"}
    sent = {one.headers["traceparent"] for one in receiver.received}
    assert sent == {f"00-{TRACE}-{one.span_id}-01" for one in attempts}


def test_messages_are_the_cause_of_their_events(
    app: Flask, receiver: Receiver, drain: Callable[[], None], collector: Collector
) -> None:
    Producer(app, receiver, "flask").post("/api/v1/chatbots/b/messages", HELLO, HEADER)
    drain()
    tracing.stop()
    [accept] = [one for one in collector.spans if one.parent == SPAN]
    below = {one.name for one in collector.spans if one.parent == accept.span_id}
    assert (accept.name, below) == ("accept", {"claim", "attempt", "record"})


def test_a_batch_is_one_span(
    producer: Producer, receiver: Receiver, drain: Callable[[], None], collector: Collector
) -> None:
    producer.post("/api/v1/events/batch", REQUESTS["/api/v1/events/batch"], HEADER)
    tracing.stop()
    [accept] = [one for one in collector.spans if one.parent == SPAN]
    assert (accept.about["hookline.events"], accept.about["hookline.deliveries"]) == (2, 2)
