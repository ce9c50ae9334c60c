"""Answers of unknown length, over a real web server: memory stays bounded, and no part looks like
all."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import requests

from tests.conftest import MEASURED
from tests.server.conftest import peak_of
from tests.server.wire import connect, head
from tests.support.servers import free_port, wait_until
from webhooks_app.config import Settings
from webhooks_app.launch import children
from webhooks_app.lib.folders import PACKAGE

SIZE = 200_000_000
ALLOWED = 24_000_000  # bytes of memory more than before


class Server:
    def __init__(self, port: int, process: int) -> None:
        self.port = port
        self._process = process

    def get(self, name: str, **more: Any) -> requests.Response:
        return requests.request("GET", f"http://127.0.0.1:{self.port}/{name}", timeout=30, **more)

    def answers(self) -> bool:
        try:
            return self.get("healthz").ok
        except requests.ConnectionError:
            return False

    def count(self, line: str) -> int:
        """How often that is in its log."""
        return list(self.get("log").json()).count(line)

    def peak(self) -> int:
        return peak_of(self._process)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("tests.server.endless:door") as server:
        yield server


@contextmanager
def running(door: str) -> Iterator[Server]:
    settings = Settings(port=free_port())
    argv = [*children.web(settings, "127.0.0.1", {}).argv[:-1], door]
    process = subprocess.Popen(argv, cwd=PACKAGE.parent, env=os.environ, start_new_session=True)
    try:
        server = Server(settings.port, process.pid)
        wait_until(server.answers, 30)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_short_one_has_its_length(server: Server) -> None:
    answer = server.get("little")
    assert (answer.content, answer.headers["content-length"]) == (b"ab", "2")
    assert "transfer-encoding" not in answer.headers


def test_who_asks_for_the_headers_gets_no_body(server: Server) -> None:
    answer = requests.head(f"http://127.0.0.1:{server.port}/much", timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers.get("content-length") is None


def test_what_comes_late_is_not_waited_for(server: Server) -> None:
    with server.get("late", stream=True) as answer:
        got = answer.iter_content(1)
        assert next(got) == b"a"
        assert server.count("late ended") == 0
        assert b"".join(got) == b"bc"


def test_much_is_not_held_in_memory(
    server: Server, record_property: Callable[[str, object], None]
) -> None:
    before = server.peak()
    with server.get("much", stream=True) as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        got = sum(len(part) for part in answer.iter_content(1_000_000))
    more = server.peak() - before
    record_property(MEASURED, f"an answer of {SIZE // 10**6} MB: {more / 10**6:.0f} MB of memory")
    assert got == SIZE
    assert more < ALLOWED


def test_nor_if_nobody_reads_it(server: Server) -> None:
    before, count = server.peak(), server.count("much ended")
    with connect(server.port) as wire:
        wire.sendall(head("GET /much"))
        wire.recv(1)
        with connect(server.port) as other:
            other.sendall(head("GET /much"))
            other.recv(1)
            assert server.get("little").content == b"ab"
    wait_until(lambda: server.count("much ended") == count + 2)
    assert server.peak() - before < ALLOWED


@pytest.mark.parametrize("name", ["much", "nothing"])
def test_a_client_that_leaves_ends_it(server: Server, name: str) -> None:
    """Also one that has got nothing yet."""
    before = server.count(f"{name} began")
    with connect(server.port) as wire:
        wire.sendall(head(f"GET /{name}"))
        wait_until(lambda: server.count(f"{name} began") > before)
    wait_until(lambda: server.count(f"{name} ended") > before)


def test_one_that_breaks_off_does_not_look_complete(server: Server) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        server.get("breaks")


def test_nor_to_a_client_without_chunks(server: Server) -> None:
    """In HTTP/1.0 the end of the connection is the end of the answer."""
    with connect(server.port) as wire:
        wire.sendall(b"GET /breaks HTTP/1.0\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            deque(iter(partial(wire.recv, 100_000), b""), maxlen=0)


def test_before_the_first_byte_an_error_is_an_error(server: Server) -> None:
    assert server.get("breaks_at_once").status_code == 500
    assert server.get("away").status_code == 503


def test_whoever_reads_too_slowly_is_disconnected() -> None:
    with (
        running("tests.server.impatient:door") as server,
        connect(server.port) as wire,
    ):
        wire.sendall(head("GET /much"))
        wait_until(lambda: server.count("much ended") == 1)
        with pytest.raises(ConnectionResetError):
            deque(iter(partial(wire.recv, 100_000), b""), maxlen=0)
