"""Requests are sent again where that is harmless and can help, by both clients."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from hookline import ConnectionFailed, Hookline, Invalid, RateLimited, Unavailable, UnexpectedAnswer
from hookline._call import Call
from hookline._retry import RetryPolicy, may_repeat, seconds_of
from hookline._transport import Transport
from hookline.aio import AsyncHookline
from tests.support.receiver import Answer, Received, Receiver
from tests.support.servers import free_port

KEY = "hk_test_key"
ACCEPTED = json.dumps({"id": "evt_1", "type": "lead.captured", "deliveries": 0}).encode()
DONE = Answer(202, {"Content-Type": "application/json"}, ACCEPTED)
Send = Callable[..., Any]


def problem(status: int, kind: str, **headers: str) -> Answer:
    body = {"type": f"/docs/api#{kind}", "title": kind, "status": status, "detail": "It is so."}
    content = {"Content-Type": "application/problem+json", **headers}
    return Answer(status, content, json.dumps(body).encode())


def answering(*answers: Answer) -> Callable[[Received], Answer]:
    """Those one after another, then the last one again and again."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture(params=["requests", "aiohttp"])
def send(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Sends an event to a server, by one of the clients, with short delays."""
    monkeypatch.setattr(RetryPolicy.__init__, "__defaults__", (4, 0.01, 0.05, 60))

    def by_requests(url: str, retries: int = 3, timeout: float = 5, **more: Any) -> Any:
        with Hookline(KEY, url, retries=retries, timeout=timeout) as client:
            return client.events.send("lead.captured", {}, **more)

    def by_aiohttp(url: str, retries: int = 3, timeout: float = 5, **more: Any) -> Any:
        async def run() -> Any:
            async with AsyncHookline(KEY, url, retries=retries, timeout=timeout) as client:
                return await client.events.send("lead.captured", {}, **more)

        return asyncio.run(run())

    return by_requests if request.param == "requests" else by_aiohttp


@pytest.fixture
def server() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def url_of(server: Receiver) -> str:
    return f"http://127.0.0.1:{server.port}"


def keys(server: Receiver) -> list[str]:
    return [one.headers["idempotency-key"] for one in server.received]


@pytest.mark.parametrize(
    "first",
    [
        problem(503, "unavailable"),
        problem(500, "internal-error"),
        problem(429, "too-many-requests", **{"Retry-After": "0"}),
        problem(409, "idempotency-key-in-use", **{"Retry-After": "0"}),
        Answer(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>"),
    ],
)
def test_a_passing_failure_is_sent_again_with_the_same_key(
    server: Receiver, send: Send, first: Answer
) -> None:
    server.answer = answering(first, first, DONE)
    assert send(url_of(server)).id == "evt_1"
    assert len(server.received) == 3
    assert len({*keys(server)}) == 1
    assert len({one.body for one in server.received}) == 1


def test_each_request_has_a_key_of_its_own_and_yours_is_kept(server: Receiver, send: Send) -> None:
    server.answer = answering(DONE)
    send(url_of(server))
    send(url_of(server))
    send(url_of(server), idempotency_key="mine")
    first, second, third = keys(server)
    assert first != second
    assert third == "mine"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(422, "invalid-request"), Invalid),
        (problem(409, "idempotency-key-in-use"), Exception),  # its answer was lost: never comes
        (Answer(302, {"Location": "https://elsewhere.example/"}, b""), UnexpectedAnswer),
    ],
)
def test_a_lasting_failure_is_not_sent_again(
    server: Receiver, send: Send, answer: Answer, kind: type[Exception]
) -> None:
    server.answer = answering(answer)
    with pytest.raises(kind):
        send(url_of(server))
    assert len(server.received) == 1


def test_the_last_error_is_raised_when_retries_are_used_up(server: Receiver, send: Send) -> None:
    server.answer = answering(problem(503, "unavailable"))
    with pytest.raises(Unavailable, match="It is so"):
        send(url_of(server), retries=2)
    assert len(server.received) == 3


def test_a_wait_that_is_too_long_is_left_to_the_caller(server: Receiver, send: Send) -> None:
    server.answer = answering(problem(429, "daily-limit", **{"Retry-After": "7200"}))
    with pytest.raises(RateLimited) as raised:
        send(url_of(server))
    assert raised.value.retry_after == 7200
    assert raised.value.kind == "daily-limit"
    assert len(server.received) == 1


def test_no_answer_at_all(send: Send) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ConnectionFailed, match=url):
        send(url, retries=1)


def test_an_answer_that_breaks_off_is_asked_for_again(server: Receiver, send: Send) -> None:
    def cut(request: Received) -> Answer:
        if len(server.received) == 1:
            raise ConnectionResetError  # closes the connection without an answer
        return DONE

    server.answer = cut
    assert send(url_of(server)).id == "evt_1"
    assert len({*keys(server)}) == 1


def test_a_header_that_cannot_be_sent_is_an_error_of_the_caller(
    server: Receiver, send: Send
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of the HTTP library
        send(url_of(server), idempotency_key="a\nb: c")
    assert server.received == []


def test_a_wait_is_given_its_time(server: Receiver, send: Send) -> None:
    server.answer = lambda request: Answer(DONE.status, DONE.headers, DONE.body, delay=0.6)
    with pytest.raises(ConnectionFailed):
        send(url_of(server), retries=0, timeout=0.2)
    assert send(url_of(server), retries=0, timeout=0.2, wait=20).id == "evt_1"
    assert server.received[-1].path == "/api/v1/events?wait=20"


def test_a_key_in_a_netrc_is_not_sent(
    server: Receiver, send: Send, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer = answering(DONE)
    send(url_of(server))
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("method", "headers", "harmless"),
    [
        ("GET", {}, True),
        ("PUT", {}, True),
        ("PATCH", {}, True),
        ("DELETE", {}, True),
        ("POST", {}, False),
        ("POST", {"Idempotency-Key": "k"}, True),
        ("PATCH", {"If-Match": '"e"'}, False),
        ("DELETE", {"If-Match": '"e"'}, False),
        ("PUT", {"If-None-Match": "*"}, False),
    ],
)
def test_what_may_be_repeated(method: str, headers: dict[str, str], harmless: bool) -> None:
    assert may_repeat(method, headers) is harmless


def test_a_lost_answer_to_a_conditional_change_is_not_repeated(server: Receiver) -> None:
    server.answer = answering(problem(503, "unavailable"))
    transport = Transport(url_of(server), KEY, 5, RetryPolicy(3))
    with pytest.raises(Unavailable):
        transport.send(Call("POST", "/x", headers={"Idempotency-Key": "k", "If-Match": '"e"'}))
    assert len(server.received) == 1


@pytest.mark.quick
def test_a_forked_process_uses_connections_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = requests.Session()
    own, given = (Transport("http://x", KEY, 5, RetryPolicy(), one) for one in (None, mine))
    before = own._session
    assert own._session is before
    monkeypatch.setattr("hookline._transport.os.getpid", lambda: -1)
    assert own._session is not before
    assert given._session is mine


@pytest.mark.quick
def test_delays_grow_and_have_a_limit() -> None:
    policy = RetryPolicy(retries=10, first=1, longest=8, patience=1000)
    delays = [policy.delay(attempt, None, 0) or 0 for attempt in range(1, 11)]
    for attempt, delay in enumerate(delays):
        assert min(8, 2**attempt) / 2 <= delay <= min(8, 2**attempt)
    assert policy.delay(11, None, 0) is None
    assert policy.delay(1, 30, 0) == 30
    assert policy.delay(1, 30, 980) is None


NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("3", 3),
        ("soon", None),
        ("-1", None),
        ("Thu, 26 Nov 2026 12:00:30 GMT", 30),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, expected: Sequence[float]) -> None:
    assert seconds_of(text, NOW) == expected


def by_requests(url: str) -> None:
    Hookline(KEY, url).listeners.deliveries("sub_1", session="lss_1")


def by_aiohttp(url: str) -> None:
    async def take() -> None:
        async with AsyncHookline(KEY, url) as client:
            await client.listeners.deliveries("sub_1", session="lss_1")

    asyncio.run(take())


@pytest.mark.parametrize("take", [by_requests, by_aiohttp])
def test_what_would_act_again_is_sent_once(take: Callable[[str], None]) -> None:
    """A repeat would take other deliveries, and leave the first ones leased."""
    with Receiver(answering(problem(503, "unavailable"))) as server:
        with pytest.raises(Unavailable):
            take(url_of(server))
        assert ["idempotency-key" in one.headers for one in server.received] == [False]
