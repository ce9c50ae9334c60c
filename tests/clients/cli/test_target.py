"""How one delivery reaches the local server, and the sentence when it does not."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from hookline.cli.listen.target import BODY_LIMIT, Target
from tests.support.receiver import Answer, Receiver
from tests.support.servers import PATIENCE, free_port

BODY = b'{"type": "lead.captured"}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "msg_1"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_what_was_signed_is_what_is_sent(receiver: Receiver) -> None:
    target = Target(f"{receiver.url}?a=1")
    answer = target.send(HEADERS, BODY, PATIENCE)
    assert answer.ok
    [got] = receiver.received
    assert got.body == BODY
    assert got.path == "/hook?a=1"
    names = {name.lower(): value for name, value in got.headers.items()}
    assert names["webhook-id"] == "msg_1"
    assert set(names) == {"host", "content-type", "content-length", "webhook-id"}


def test_a_connection_is_kept_for_the_next_one(receiver: Receiver) -> None:
    target = Target(receiver.url)
    answers = [target.send(HEADERS, BODY, PATIENCE) for _ in range(3)]
    assert [(one.status, one.body, one.error) for one in answers] == [(200, b"ok", "")] * 3
    assert target._connection is not None


def test_a_long_answer_is_cut_and_the_next_one_is_whole() -> None:
    answers = iter([Answer(200, body=b"x" * (BODY_LIMIT + 1)), Answer(500, body=b"no")])
    with Receiver(lambda _: next(answers)) as receiver:
        target = Target(receiver.url)
        first, second = (target.send(HEADERS, BODY, PATIENCE) for _ in range(2))
    assert (first.truncated, len(first.body), first.ok) == (True, BODY_LIMIT, True)
    assert (second.status, second.body, second.ok, second.truncated) == (500, b"no", False, False)


def test_nobody_listens() -> None:
    answer = Target(f"http://127.0.0.1:{free_port()}/").send(HEADERS, BODY, PATIENCE)
    assert (answer.failure, answer.error) == ("connect", "Could not connect: connection refused")


def test_an_address_that_cannot_be_written(receiver: Receiver) -> None:
    answer = Target(f"{receiver.url}/ä").send(HEADERS, BODY, PATIENCE)
    assert answer.failure == "network"
    assert "could not be written" in answer.error
    assert receiver.received == []


def test_a_host_that_does_not_exist() -> None:
    answer = Target("http://nowhere.invalid/").send(HEADERS, BODY, PATIENCE)
    assert answer.failure == "dns"


Script = Callable[[socket.socket], None]


def served(*scripts: Script) -> str:
    """A server that does this with one connection after the other; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for script in scripts:
            connection, _ = listener.accept()
            with connection:
                script(connection)
        listener.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def reads_and(then: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        """What is left unread at its end would reset the connection."""
        asked = b""
        while not asked.endswith(BODY) and (more := connection.recv(65536)):
            asked += more
        connection.sendall(then)

    return script


def hangs(connection: socket.socket) -> None:
    """Until the client closes the connection."""
    with suppress(ConnectionError):
        while connection.recv(65536):
            pass


def drips(connection: socket.socket) -> None:
    """Always something, and never all, until the client closes the connection."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with suppress(ConnectionError):
        while True:
            connection.sendall(b".")
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("script", "failure", "words"),
    [
        (hangs, "timeout", "No complete answer within 0.5 s"),
        (drips, "timeout", "No complete answer within 0.5 s"),
        (reads_and(b""), "network", "The endpoint closed the connection without an answer"),
        (reads_and(b"hello\r\n\r\n"), "network", "The answer is not valid HTTP"),
        (
            reads_and(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
            "network",
            "The answer was cut off",
        ),
    ],
)
def test_what_else_can_go_wrong(script: Script, failure: str, words: str) -> None:
    answer = Target(served(script, script)).send(
        HEADERS, BODY, 0.5 if failure == "timeout" else PATIENCE
    )
    assert (answer.failure, answer.error) == (failure, words)
    assert not answer.ok


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    ok = b"HTTP/1.1 204 No Content\r\n\r\n"
    target = Target(served(reads_and(ok), reads_and(ok)))
    assert target.send(HEADERS, BODY, PATIENCE).ok
    time.sleep(0.1)
    assert target.send(HEADERS, BODY, PATIENCE).ok
