"""One request over real sockets: deadlines, bounds, and a name for everything that goes wrong."""

import socket
import threading
import time

import pytest

from tests.support.raw_server import CONNECT_TIMEOUT, OK, TIMEOUT, Serve, one, send, sends, server
from webhooks_app.channels.webhook.exchange import BODY_LIMIT
from webhooks_app.vocabulary import Failure

pytestmark = pytest.mark.whole  # waits for deadlines


def test_a_2xx_is_delivered() -> None:
    outcome, _ = one(sends(OK))
    assert outcome.delivered
    assert (outcome.status_code, outcome.response_body, outcome.truncated) == (200, b"ok", False)
    assert ("Content-Length", "2") in outcome.response_headers


@pytest.mark.parametrize("code", [100, 199, 300, 301, 400, 404, 410, 429, 500, 503, 599])
def test_any_other_status_is_a_failure(code: int) -> None:
    if code < 200:
        outcome, _ = one(sends(b"HTTP/1.1 %d X\r\n\r\n" % code))
        assert outcome.failure is Failure.TIMEOUT
        return
    outcome, _ = one(sends(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % code))
    assert (outcome.failure, outcome.status_code) == (Failure.STATUS, code)
    assert str(code) in (outcome.error or "")


@pytest.mark.parametrize(
    "serve",
    [
        lambda connection: time.sleep(5),
        sends(*[bytes([byte]) for byte in OK], pause=0.1),
        sends(b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 50, pause=0.1),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", *[b"x"] * 50, pause=0.1),
    ],
    ids=["nothing", "slow status", "slow headers", "slow body"],
)
def test_one_deadline_covers_headers_and_body(serve: Serve) -> None:
    outcome, took = one(serve)
    assert outcome.failure is Failure.TIMEOUT
    assert "3 s" in (outcome.error or "")
    assert took >= TIMEOUT


@pytest.mark.parametrize(("wanted", "held"), [(0.4, 0.4), (30.0, TIMEOUT)])
def test_a_message_may_want_less_time_and_gets_no_more(wanted: float, held: float) -> None:
    outcome, took = one(lambda connection: time.sleep(5), wanted)
    assert outcome.failure is Failure.TIMEOUT
    assert f"within {held:g} s" in (outcome.error or "")
    assert took >= held


def test_a_connection_that_is_not_answered_has_a_deadline_of_its_own() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        full = []
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            full.append(client)
        start = time.monotonic()
        [outcome] = send(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        took = time.monotonic() - start
        for client in full:
            client.close()
    assert outcome.failure is Failure.CONNECT
    assert took >= CONNECT_TIMEOUT


def test_an_endless_answer_is_cut_and_its_connection_given_up() -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            sent += 4096

    outcome, _ = one(endless)
    assert outcome.delivered
    assert (len(outcome.response_body), outcome.truncated) == (BODY_LIMIT, True)
    assert sent < 50_000_000


def test_headers_without_end_are_no_answer() -> None:
    outcome, _ = one(sends(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n"))
    assert outcome.failure is Failure.NETWORK


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", Failure.NETWORK),
        (b"SSH-2.0-OpenSSH_9\r\n", Failure.NETWORK),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Failure.NETWORK),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Failure.NETWORK),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Failure.NETWORK),
    ],
)
def test_a_broken_answer_is_named(answer: bytes, failure: Failure) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    outcome, _ = one(serve)
    assert outcome.failure is failure
    assert outcome.error


def test_a_connection_that_is_reset_is_named() -> None:
    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    outcome, _ = one(serve)
    assert outcome.failure is Failure.NETWORK


def test_a_connection_is_kept_alive() -> None:
    connections = set()

    def serve(connection: socket.socket) -> None:
        connections.add(connection.getpeername())
        connection.sendall(OK)

    with server(serve) as port:
        outcomes = send(f"http://127.0.0.1:{port}/", count=5)
    assert all(outcome.delivered for outcome in outcomes)
    assert len(connections) == 1


def test_cookies_are_not_kept() -> None:
    requests: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        for _ in range(2):
            requests.append(connection.recv(65536))
            connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"))

    threading.Thread(target=run, daemon=True).start()
    send(f"http://127.0.0.1:{listener.getsockname()[1]}/", count=2)
    listener.close()
    assert len(requests) == 2
    assert b"cookie" not in b"".join(requests).lower()
