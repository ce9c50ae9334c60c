"""A receiver answers for itself what its handler need not see."""

import threading
import time

import pytest

from hookline.receive import FORMATS, Event, MemoryStore, Receiver, Reply
from tests.compatibility.delivering import SECRET, request_of

pytestmark = pytest.mark.quick


def signed(id_: str = "msg_1", ago: int = 0) -> tuple[dict[str, str], bytes]:
    body = b'{"type":"lead.captured","data":{"name":"Ada"}}'
    return FORMATS["standard"].scheme.sign(SECRET, id_, body, int(time.time()) - ago), body


def test_a_handled_delivery_is_not_handled_again() -> None:
    receiver, handled = Receiver(SECRET, store=MemoryStore()), []
    replies = [receiver.handle(*signed(), handled.append) for _ in range(3)]
    assert [one.status for one in replies] == [204, 200, 200]
    assert [one.delivery_id for one in handled] == ["msg_1"]


def test_one_that_is_being_handled_is_sent_again_later() -> None:
    receiver, inside, go_on = Receiver(SECRET, store=MemoryStore()), *events(2)
    replies: list[Reply] = []

    def slow(event: Event) -> None:
        inside.set()
        go_on.wait(10)

    first = threading.Thread(target=lambda: replies.append(receiver.handle(*signed(), slow)))
    first.start()
    inside.wait(10)
    busy = receiver.handle(*signed(), slow)
    assert (busy.status, busy.headers) == (503, {"Retry-After": "60"})
    go_on.set()
    first.join()
    assert replies[0].status == 204
    assert receiver.handle(*signed(), slow).status == 200


def events(count: int) -> list[threading.Event]:
    return [threading.Event() for _ in range(count)]


def test_what_the_handler_raises_is_raised_and_the_next_attempt_is_handled() -> None:
    receiver, calls = Receiver(SECRET, store=MemoryStore()), []

    def fail_once(event: Event) -> str:
        calls.append(event)
        if len(calls) == 1:
            raise RuntimeError("no disk")
        return "done"

    with pytest.raises(RuntimeError, match="no disk"):
        receiver.handle(*signed(), fail_once)
    assert receiver.handle(*signed(), fail_once) == Reply(204, result="done")


def test_an_answer_that_is_an_error_is_handled_again() -> None:
    receiver, answers = Receiver(SECRET, store=MemoryStore()), [Reply(503), Reply(400), Reply(202)]
    replies = [receiver.handle(*signed(), lambda _: answers.pop(0)) for _ in range(4)]
    assert [one.status for one in replies] == [204, 204, 204, 200]
    assert answers == []


def test_an_async_handler_that_nobody_waits_for_is_no_success() -> None:
    receiver = Receiver(SECRET, store=MemoryStore())

    async def handler(event: Event) -> None: ...

    with pytest.raises(TypeError, match="async"):
        receiver.handle(*signed(), handler)
    assert receiver.handle(*signed(), lambda _: None).status == 204


def test_without_a_store_every_request_is_handled() -> None:
    handled: list[Event] = []
    for _ in range(2):
        assert Receiver(SECRET).handle(*signed(), handled.append).status == 204
    assert len(handled) == 2


def test_a_refused_request_claims_nothing() -> None:
    receiver, handled = Receiver(SECRET, store=MemoryStore()), []
    headers, body = signed()
    refused = receiver.handle(headers, body + b" ", handled.append)
    assert (refused.status, "wrong" in refused.text) == (400, True)
    assert receiver.handle(headers, body, handled.append).status == 204


def test_its_settings_are_used() -> None:
    old = signed(ago=400)
    refused = Receiver(SECRET).begin(*old).reply
    assert refused is not None
    assert (refused.status, "300 are allowed" in refused.text) == (400, True)
    assert Receiver(SECRET, tolerance=500).begin(*old).reply is None
    assert Receiver(SECRET, wire_format="standard").begin(*signed()).reply is None
    other = Receiver(SECRET, wire_format="standard").begin(*request_of("stripe")).reply
    assert other is not None
    assert other.status == 400
    large = Receiver(SECRET, largest_body=10).begin(*signed()).reply
    assert large is not None
    assert large.status == 413
    assert Receiver(["whsec_bmV3", SECRET]).begin(*signed()).reply is None


def test_it_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="needs the secret"):
        Receiver("")


def test_a_body_that_was_parsed_is_refused() -> None:
    headers, body = signed()
    with pytest.raises(TypeError, match="raw body"):
        Receiver(SECRET).verify(headers, body.decode())  # type: ignore[arg-type]
