"""Malformed answers are read as curl reads them, and requests leave as configured."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.raw_server import OK, Serve, one, send, sends, server, transport
from tests.support.servers import PATIENCE
from webhooks_app.channels.webhook.answer import HEADERS_LIMIT
from webhooks_app.channels.webhook.curl_loop import CurlLoop
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.vocabulary import Failure


def answer_of(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join((*lines, b"", body))


@pytest.mark.parametrize("apart", [False, True], ids=["one packet", "two packets"])
@pytest.mark.parametrize(
    ("head", "body"),
    [
        ((b"HTTP/1.1 204 No Content", b"Content-Length: 5"), b"hello"),
        ((b"HTTP/1.1 204 No Content", b"Transfer-Encoding: chunked"), b"0\r\n\r\n"),
        ((b"HTTP/1.1 204 No Content", b"Content-Length: 5"), b""),
        ((b"HTTP/1.0 204 No Content",), b""),
        ((b"HTTP/1.1 200 OK", b"Content-Length: 16"), '{"message":"reçu"}'.encode()),
        ((b"HTTP/1.1 200 OK", b"Content-Length: 0"), b"more"),
        ((b"HTTP/1.1 200 OK", b"X-Policy: " + b"https://a.example " * 500), b""),
        ((b"HTTP/1.1 200 OK", *(b"X-%d: 1" % n for n in range(150))), b""),
        ((b"HTTP/1.1 200", b"Content-Length: 2"), b"ok"),
        ((b"HTTP/1.1 200 D\xe9j\xe0", b"X-Odd: a\xffb", b"Content-Length: 2"), b"ok"),
    ],
)
def test_it_is_delivered_all_the_same(head: tuple[bytes, ...], body: bytes, apart: bool) -> None:
    if b"Content-Length" not in b"".join(head) and b"chunked" not in b"".join(head):
        head = (*head, b"Content-Length: 0")
    whole = answer_of(*head)
    outcome, _ = one(sends(whole, body, pause=0.05) if apart else sends(whole + body))
    assert outcome.delivered, outcome.error
    assert outcome.status_code in (200, 204)


def test_what_follows_an_answer_is_no_part_of_the_next() -> None:
    short = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
    )
    with server(sends(short)) as port:
        outcomes = send(f"http://127.0.0.1:{port}/", count=3)
    assert [outcome.status_code for outcome in outcomes] == [200, 200, 200]
    assert {outcome.response_body for outcome in outcomes} == {b"ok"}


def test_a_410_with_a_long_header_is_seen() -> None:
    lines = (b"HTTP/1.1 410 Gone", b"X-Debug: " + b"t" * 9000, b"Content-Length: 0")
    outcome, _ = one(sends(answer_of(*lines)))
    assert (outcome.status_code, outcome.gone, outcome.retryable) == (410, True, False)


def test_no_more_than_a_bounded_part_of_the_headers_is_kept() -> None:
    cookies = [b"Set-Cookie: c%d=%b" % (n, b"x" * 1000) for n in range(60)]
    lines = (b"HTTP/1.1 200 OK", *cookies, b"Content-Length: 2")
    outcome, _ = one(sends(answer_of(*lines, body=b"ok")))
    assert outcome.delivered
    kept = sum(len(name) + len(value) for name, value in outcome.response_headers)
    assert HEADERS_LIMIT - 1100 < kept <= HEADERS_LIMIT


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ((b"HTTP/1.1 503 Busy", b"retry-after: 120"), 120.0),
        ((b"HTTP/1.1 429 Slow", b"Retry-After: 7"), 7.0),
        ((b"HTTP/1.1 500 Fault", b"Retry-After: 120"), None),
        ((b"HTTP/1.1 503 Busy",), None),
    ],
)
def test_retry_after_counts_on_429_and_503_only(
    lines: tuple[bytes, ...], seconds: float | None
) -> None:
    outcome, _ = one(sends(answer_of(*lines, b"Content-Length: 0")))
    assert outcome.retry_after == seconds


def test_informational_answers_come_before_the_answer() -> None:
    early = answer_of(b"HTTP/1.1 103 Early Hints", b"Link: </style.css>")
    outcome, _ = one(sends(early + OK))
    assert (outcome.status_code, outcome.response_body) == (200, b"ok")
    assert [name for name, _ in outcome.response_headers] == ["Content-Length"]


def test_headers_that_break_off_are_no_answer() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
        connection.shutdown(socket.SHUT_RDWR)

    outcome, _ = one(serve)
    assert (outcome.failure, outcome.error) == (Failure.NETWORK, "The answer was cut off")
    assert outcome.status_code is None


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/p?a=576%3Ax", None),
        ("/p?sig=ab%2Fcd%3D", None),
        ("/a%28b%29", None),
        ("/%7Euser", None),
        ("/a/./b/../c", None),
        ("/%2e%2e/%2E", None),
        ("/p?x=%zz", None),
        ("/p?", None),
        ("//a//b", None),
        ("/a?b?c&d=+%2B%20", None),
        ('/a|b{}^`"<>\\', None),
        ("", "/"),
        ("?a=b", "/?a=b"),
        ("/ü?q=é", "/%C3%BC?q=%C3%A9"),
    ],
)
def test_the_url_leaves_byte_for_byte_as_it_was_configured(path: str, sent: str | None) -> None:
    requests: list[bytes] = []

    def serve(connection: socket.socket, request: bytes) -> None:
        requests.append(request)
        connection.sendall(OK)

    with server(serve, with_request=True) as port:
        [outcome] = send(f"http://127.0.0.1:{port}{path}")
    assert outcome.delivered, outcome.error
    line, _, rest = requests[0].partition(b"\r\n")
    assert line.decode() == f"POST {path if sent is None else sent} HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}".encode() in rest


def test_neither_a_proxy_nor_netrc_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert one(sends(OK))[0].delivered


def test_a_host_with_an_underscore_is_sent_to() -> None:
    class Container:
        async def addresses(self, name: str, within: float) -> list[str]:
            assert name == "my_service"
            return ["127.0.0.1"]

        async def close(self) -> None:
            pass

    with server(sends(OK)) as port:
        [outcome] = send(f"http://my_service:{port}/x", resolver=Container)
    assert outcome.delivered, outcome.error


@pytest.fixture
def closing() -> Iterator[tuple[Serve, list[bool]]]:
    """Answers the first request of each connection, and closes at the second without a word."""
    seen: list[bool] = []
    served: set[int] = set()

    def serve(connection: socket.socket) -> None:
        again = connection.fileno() in served
        seen.append(again)
        if again:
            served.discard(connection.fileno())
            connection.shutdown(socket.SHUT_RDWR)
            raise OSError
        served.add(connection.fileno())
        connection.sendall(OK)

    return serve, seen


def test_a_kept_connection_that_closes_as_it_is_used_is_tried_again_at_once(
    closing: tuple[Serve, list[bool]],
) -> None:
    serve, seen = closing
    with server(serve) as port:
        outcomes = send(f"http://127.0.0.1:{port}/", count=6)
    assert [outcome.error for outcome in outcomes] == [None] * 6
    assert any(seen)


def test_a_new_connection_that_closes_is_not_tried_again() -> None:
    connections = []

    def serve(connection: socket.socket) -> None:
        connections.append(connection)
        connection.shutdown(socket.SHUT_RDWR)

    outcome, _ = one(serve)
    assert outcome.error == "The endpoint closed the connection without an answer"
    assert len(connections) == 1


def test_once_an_answer_has_begun_nothing_is_sent_again() -> None:
    requests = []

    def serve(connection: socket.socket) -> None:
        requests.append(connection)
        if len(requests) == 1:
            connection.sendall(OK)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            connection.shutdown(socket.SHUT_RDWR)

    with server(serve) as port:
        first, second = send(f"http://127.0.0.1:{port}/", count=2)
    assert first.delivered
    assert second.failure is Failure.NETWORK
    assert len(requests) == 2


def test_what_nobody_used_for_a_while_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks_app.channels.webhook.transport.KEEP_ALIVE", 0.2)
    closed = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(OK)
        if not connection.recv(1):
            closed.set()

    async def run(port: int) -> bool:
        async with transport() as sending:
            await sending.send(WebhookMessage(f"http://127.0.0.1:{port}/", {}, b"{}"))
            return await asyncio.to_thread(closed.wait, PATIENCE)

    with server(serve) as port:
        assert asyncio.run(run(port))


def test_a_kept_connection_that_the_endpoint_closes_keeps_no_loop_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds: list[CurlLoop] = []
    collect = CurlLoop._collect

    def counted(loop: CurlLoop) -> None:
        rounds.append(loop)
        collect(loop)

    monkeypatch.setattr(CurlLoop, "_collect", counted)

    def serve(connection: socket.socket) -> None:
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)

    with server(serve) as port:
        first, second = send(f"http://127.0.0.1:{port}/", count=2, pause=0.3)
    assert first.delivered
    assert second.delivered
    assert len(rounds) < 60


def test_the_trace_says_how_long_each_part_took_and_where_it_went() -> None:
    def serve(connection: socket.socket) -> None:
        time.sleep(0.15)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(b"ok")

    with server(serve) as port:
        first, second = send(f"http://localhost:{port}/", count=2)
    trace = first.trace
    assert (trace.address, trace.http_version) == ("127.0.0.1", "1.1")
    assert trace.lookup_ms is not None
    assert trace.connect_ms is not None
    assert (trace.tls_ms, trace.tls_version, trace.certificate_ends_at) == (None, None, None)
    assert trace.first_byte_ms is not None
    assert trace.first_byte_ms >= 150
    assert trace.body_ms is not None
    assert trace.body_ms >= 99
    assert second.trace.connect_ms is None
    assert second.trace.address == "127.0.0.1"


def test_what_was_never_sent_has_no_trace_of_sending() -> None:
    [outcome] = send("http://127.0.0.1:1/")
    assert outcome.failure is Failure.CONNECT
    assert outcome.error == "Could not connect: Connection refused"
    trace = outcome.trace
    assert (trace.connect_ms, trace.first_byte_ms, trace.body_ms) == (None, None, None)


def test_a_header_cannot_end_another() -> None:
    with server(sends(OK)) as port:
        [outcome] = send(f"http://127.0.0.1:{port}/", headers={"X-A": "b\r\nX-Forged: c"})
    assert outcome.failure is Failure.INTERNAL
    assert "line break" in (outcome.error or "")
