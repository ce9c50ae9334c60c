"""The buffer loses nothing silently, and never grows without a bound."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from hookline import (
    Buffer,
    BufferClosed,
    BufferFull,
    ConnectionFailed,
    Hookline,
    Invalid,
    NotSent,
    Unauthorized,
    Unavailable,
    Unsent,
    _batches,
)
from hookline._batches import BYTES_IN_BATCH
from hookline._call import Call
from tests.clients.python.test_retries import KEY, answering, problem, url_of
from tests.support.product import Product
from tests.support.receiver import Answer, Received, Receiver
from tests.support.servers import wait_until

ROOT = Path(__file__).parents[3]
STORED = Answer(202, {"Content-Type": "application/json"}, b'{"events":[]}')


@pytest.fixture
def server() -> Iterator[Receiver]:
    with Receiver(answering(STORED)) as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batches, "FOREVER", replace(_batches.FOREVER, first=0.01, longest=0.05))


@pytest.fixture
def client(server: Receiver) -> Iterator[Hookline]:
    with Hookline(KEY, url_of(server), retries=0) as client:
        yield client


def batches(server: Receiver) -> list[list[int]]:
    """The numbers of the events of each request."""
    return [
        [event["data"]["number"] for event in json.loads(one.body)["events"]]
        for one in server.received
    ]


def numbers(hookline: Hookline) -> list[int]:
    events = [hookline.events.get(one.id) for one in hookline.events.list()]
    return sorted((one.data or {})["number"] for one in events)


def test_the_product_stores_everything_once(hookline: Hookline) -> None:
    with hookline.events.buffer(batch=40) as buffer:
        for number in range(100):
            buffer.send("lead.captured", {"number": number}, id=f"n{number}")
        buffer.flush()
        assert len(buffer) == 0
    stored = [one.own_id for one in hookline.events.list(page_size=30)]
    assert sorted(map(str, stored)) == sorted(f"n{number}" for number in range(100))


def test_a_batch_goes_out_when_it_is_full_or_late(server: Receiver, client: Hookline) -> None:
    with client.events.buffer(batch=3, delay=3600) as buffer:
        for number in range(7):
            buffer.send("x", {"number": number})
        wait_until(lambda: len(server.received) == 2)
        assert batches(server) == [[0, 1, 2], [3, 4, 5]]
    assert batches(server)[2:] == [[6]]  # closing does not wait for the delay
    with client.events.buffer(batch=3, delay=0.01) as buffer:
        buffer.send("x", {"number": 7})
        wait_until(lambda: len(server.received) == 4)


def test_a_batch_has_a_limit_of_bytes(server: Receiver, client: Hookline) -> None:
    text = "x" * (BYTES_IN_BATCH // 3)
    with client.events.buffer(delay=3600) as buffer:
        for number in range(5):
            buffer.send("x", {"number": number, "text": text})
    assert [*chain(*batches(server))] == [0, 1, 2, 3, 4]
    assert max(map(len, batches(server))) == 2


def test_refused_events_come_back_and_the_others_are_stored(hookline: Hookline) -> None:
    buffer = hookline.events.buffer(delay=3600)
    for number in range(6):
        kind = "lead.caught" if number in (1, 4) else "lead.captured"
        buffer.send(kind, {"number": number})
    with pytest.raises(NotSent) as raised:
        buffer.flush()
    assert [one.body["data"]["number"] for one in raised.value.events] == [1, 4]
    assert all(isinstance(one.error, Invalid) for one in raised.value.events)
    assert numbers(hookline) == [0, 2, 3, 5]
    buffer.close()  # each failure is raised once


def test_an_id_that_was_used_for_another_event_fails_alone(hookline: Hookline) -> None:
    hookline.events.send("lead.captured", {"number": 0}, id="mine")
    buffer = hookline.events.buffer(delay=3600)
    for number, id_ in ((1, "other"), (2, "mine"), (3, "third")):
        buffer.send("lead.captured", {"number": number}, id=id_)
    with pytest.raises(NotSent) as raised:
        buffer.close()
    assert [one.body["data"]["number"] for one in raised.value.events] == [2]
    assert numbers(hookline) == [0, 1, 3]


def test_on_failure_gets_them_instead(hookline: Hookline) -> None:
    failed: list[Unsent] = []
    with hookline.events.buffer(on_failure=failed.extend) as buffer:
        buffer.send("lead.caught", {"number": 1})
        buffer.send("lead.captured", {"number": 2})
    assert [one.body["data"]["number"] for one in failed] == [1]
    assert numbers(hookline) == [2]


def test_on_failure_that_fails_is_logged(
    hookline: Hookline, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(events: Sequence[Unsent]) -> None:
        raise OSError("no disk")

    with hookline.events.buffer(on_failure=fail) as buffer:
        buffer.send("lead.caught", {"number": 1})
        buffer.send("lead.captured", {"number": 2})
    assert "1 events were not stored" in caplog.text
    assert numbers(hookline) == [2]


def test_an_error_of_the_whole_request_fails_the_whole_batch(product: Product) -> None:
    with Hookline("hk_test_unknown", product.url) as client:
        buffer = client.events.buffer()
        for number in range(3):
            buffer.send("lead.captured", {"number": number})
        with pytest.raises(NotSent, match="3 events") as raised:
            buffer.close()
    assert {type(one.error) for one in raised.value.events} == {Unauthorized}


def test_an_outage_is_waited_for_with_the_same_key(server: Receiver, client: Hookline) -> None:
    away = problem(503, "unavailable", **{"Retry-After": "0"})
    server.answer = answering(away, away, Answer(502, {}, b"bad gateway"), STORED)
    with client.events.buffer() as buffer:
        buffer.send("x", {"number": 1})
        buffer.flush()
    assert batches(server) == [[1]] * 4
    assert len({one.headers["idempotency-key"] for one in server.received}) == 1


def test_a_batch_that_the_server_still_stores_is_waited_for(
    server: Receiver, client: Hookline
) -> None:
    server.answer = answering(
        problem(409, "idempotency-key-in-use", **{"Retry-After": "0"}), STORED
    )
    with client.events.buffer() as buffer:
        buffer.send("x", {"number": 1})
    assert batches(server) == [[1], [1]]


def test_a_server_that_is_another_one_is_not_waited_for(server: Receiver, client: Hookline) -> None:
    server.answer = answering(Answer(404, {"Content-Type": "text/html"}, b"<h1>Nothing here</h1>"))
    buffer = client.events.buffer()
    buffer.send("x", {"number": 1})
    with pytest.raises(NotSent, match="Nothing here"):
        buffer.flush()
    assert len(server.received) == 1


def test_a_proxy_that_takes_less_gets_less(server: Receiver, client: Hookline) -> None:
    def at_most_two(request: Received) -> Answer:
        count = len(json.loads(request.body)["events"])
        return STORED if count <= 2 else problem(413, "payload-too-large")

    server.answer = at_most_two
    with client.events.buffer() as buffer:
        for number in range(5):
            buffer.send("x", {"number": number})
        buffer.flush()
    stored = [one for one in batches(server) if len(one) <= 2]
    assert [*chain(*stored)] == [0, 1, 2, 3, 4]


@pytest.fixture
def stuck(server: Receiver) -> Iterator[threading.Event]:
    """The server answers once this is set."""
    release = threading.Event()

    def wait(request: Received) -> Answer:
        release.wait(30)
        return STORED

    server.answer = wait
    yield release
    release.set()


def test_a_full_buffer_takes_no_more_until_there_is_room(
    server: Receiver, client: Hookline, stuck: threading.Event
) -> None:
    with client.events.buffer(batch=2, delay=0, room=4) as buffer:
        for number in range(4):
            buffer.send("x", {"number": number})
        with pytest.raises(BufferFull, match="4 events"):
            buffer.send("x", {"number": 99}, timeout=0.05)
        assert len(buffer) == 4
        stuck.set()
        buffer.send("x", {"number": 4}, timeout=30)
    assert [*chain(*batches(server))] == [0, 1, 2, 3, 4]


def test_flushing_has_a_timeout(client: Hookline, stuck: threading.Event) -> None:
    with client.events.buffer() as buffer:
        buffer.send("x", {"number": 1})
        with pytest.raises(TimeoutError):
            buffer.flush(0.05)
        stuck.set()


def test_closing_gives_up_in_time_and_says_what_is_left(server: Receiver, client: Hookline) -> None:
    server.answer = answering(problem(503, "unavailable"))
    buffer = client.events.buffer(batch=2, delay=0)
    for number in range(5):
        buffer.send("x", {"number": number})
    wait_until(lambda: server.received)
    with pytest.raises(NotSent) as raised:
        buffer.close(0.2)
    assert [one.body["data"]["number"] for one in raised.value.events] == [0, 1, 2, 3, 4]
    assert isinstance(raised.value.events[0].error, ConnectionFailed | Unavailable)
    assert len({*map(tuple, batches(server))}) == 1
    with pytest.raises(BufferClosed):
        buffer.send("x", {})


def _send(buffer: Buffer, count: int) -> None:
    for number in range(count):
        buffer.send("x", {"number": number})


REVOKED = problem(401, "unauthorized")


def test_failures_are_logged_and_never_pile_up(
    server: Receiver, client: Hookline, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that only ever sends must hear of a key that was revoked."""
    server.answer = answering(REVOKED)
    buffer = client.events.buffer(batch=2, delay=0, room=4)
    with pytest.raises(NotSent) as raised:
        _send(buffer, 100)
    got = [one.body["data"]["number"] for one in raised.value.events]
    assert got == sorted(got)
    assert len(got) <= 4
    assert "were not stored; the first: " in caplog.text
    assert KEY not in caplog.text
    buffer.send("x", {"number": 7})  # there is room again
    with pytest.raises(NotSent):
        buffer.close()


def test_failures_that_were_passed_on_take_no_room(server: Receiver, client: Hookline) -> None:
    server.answer = answering(REVOKED)
    failed: list[Unsent] = []
    with client.events.buffer(batch=2, delay=0, room=4, on_failure=failed.extend) as buffer:
        for number in range(20):
            buffer.send("x", {"number": number})
    assert len(failed) == 20


@pytest.mark.parametrize("says", ["nothing", "wait"])
def test_closing_ends_in_time_with_the_retries_of_the_client(server: Receiver, says: str) -> None:
    """The client's own retries, its timeout and a long `Retry-After` do not hold it."""
    release = threading.Event()

    def answer(request: Received) -> Answer:
        if says == "nothing":
            release.wait(60)
        return problem(503, "unavailable", **{"Retry-After": "3600"})

    server.answer = answer
    failed: list[Unsent] = []
    with Hookline(KEY, url_of(server), timeout=3600) as client:
        buffer = client.events.buffer(batch=2, delay=0, on_failure=failed.extend)
        for number in range(5):
            buffer.send("x", {"number": number})
        wait_until(lambda: server.received)
        closing = threading.Thread(target=buffer.close, args=(0.2,), daemon=True)
        closing.start()
        closing.join(30)  # the test waits this long, not longer
        has_ended = not closing.is_alive()
        release.set()
    assert has_ended
    assert [one.body["data"]["number"] for one in failed] == [0, 1, 2, 3, 4]
    assert len(buffer) == 0


def test_a_request_ends_with_the_time_that_is_left(server: Receiver) -> None:
    release = threading.Event()

    def wait(request: Received) -> Answer:
        release.wait(60)
        return STORED

    server.answer = wait
    with Hookline(KEY, url_of(server), timeout=3600) as client:
        call = Call("POST", "/events/batch", raw=b"{}")
        with pytest.raises(ConnectionFailed):
            client._sender.once(call, 0.1)
    release.set()


def test_what_arrives_after_giving_up_is_handed_back_once(
    server: Receiver, client: Hookline, stuck: threading.Event
) -> None:
    failed: list[Unsent] = []
    buffer = client.events.buffer(delay=0, on_failure=failed.extend)
    buffer.send("x", {"number": 1})
    wait_until(lambda: server.received)
    buffer.close(0)
    stuck.set()
    assert buffer._thread is not None
    buffer._thread.join(30)
    assert [one.body["data"]["number"] for one in failed] == [1]


def partly(request: Received, stops: threading.Event, release: threading.Event) -> Answer:
    """Of 0 to 3, which are too many at once, 0 is refused, 1 is stored, and the others wait."""
    numbers = [event["data"]["number"] for event in json.loads(request.body)["events"]]
    match numbers:
        case [0, 1, 2, 3]:
            return problem(413, "payload-too-large")
        case [0, 1]:
            faults = [{"pointer": "#/events/0/type", "detail": "There is no such type."}]
            body = {"title": "Invalid", "status": 422, "detail": "It is invalid.", "errors": faults}
            content = {"type": "/docs/api#validation", **body}
            return Answer(
                422, {"Content-Type": "application/problem+json"}, json.dumps(content).encode()
            )
        case [1]:
            return STORED
        case _:
            stops.set()
            release.wait(60)
            return STORED


def test_giving_up_hands_back_only_what_has_no_result_and_says_why(
    server: Receiver, client: Hookline
) -> None:
    stops, release = threading.Event(), threading.Event()
    server.answer = lambda request: partly(request, stops, release)
    failed: list[Unsent] = []
    buffer = client.events.buffer(batch=4, delay=3600, on_failure=failed.extend)
    _send(buffer, 4)
    assert stops.wait(60)
    buffer.close(0)
    release.set()
    assert [one.body["data"]["number"] for one in failed] == [0, 2, 3]
    assert [type(one.error) for one in failed] == [Invalid, ConnectionFailed, ConnectionFailed]
    assert len(buffer) == 0


@pytest.mark.parametrize("data", [{"x": float("nan")}, {"x": object()}])
def test_what_cannot_be_sent_is_refused_at_once(
    server: Receiver, client: Hookline, data: dict[str, Any]
) -> None:
    with client.events.buffer() as buffer, pytest.raises((TypeError, ValueError)):
        buffer.send("x", data)
    assert server.received == []


@pytest.mark.parametrize(("batch", "room"), [(0, 10), (1001, 2000), (10, 9)])
def test_sizes_that_make_no_sense(client: Hookline, batch: int, room: int) -> None:
    with pytest.raises(ValueError, match="A batch has"):
        client.events.buffer(batch=batch, room=room)


def test_changing_what_was_given_changes_nothing(server: Receiver, client: Hookline) -> None:
    data = {"number": 1}
    with client.events.buffer(delay=3600) as buffer:
        buffer.send("x", data)
        data["number"] = 2
    assert batches(server) == [[1]]


PROGRAM = """
import os, sys, threading
from hookline import Hookline

buffer = Hookline("hk_test_key", sys.argv[1]).events.buffer(delay=3600)
buffer.send("x", {"number": 1})
if os.fork() == 0:
    assert len(buffer) == 0
    both = threading.Barrier(2)
    def send(number):
        both.wait()
        buffer.send("x", {"number": number})
    threads = [threading.Thread(target=send, args=(number,)) for number in (2, 3)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    sys.exit()
os.wait()
"""


@pytest.mark.processes
def test_the_end_of_a_program_sends_what_waits_also_after_a_fork(server: Receiver) -> None:
    subprocess.run(
        [sys.executable, "-c", PROGRAM, url_of(server)],
        env={"PYTHONPATH": str(ROOT / "clients/python/src")},
        check=True,
        timeout=60,
    )
    assert sorted(map(sorted, batches(server))) == [[1], [2, 3]]


def test_many_threads_share_one(hookline: Hookline) -> None:
    with hookline.events.buffer(batch=7, delay=0.001, room=20) as buffer:

        def report(first: int) -> None:
            for number in range(first, first + 25):
                buffer.send("lead.captured", {"number": number})

        threads = [threading.Thread(target=report, args=(25 * one,)) for one in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert numbers(hookline) == list(range(100))
