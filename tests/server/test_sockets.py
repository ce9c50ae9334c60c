"""Which connection a request came by, found among the open files of the process."""

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from ipaddress import IPv6Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from webhooks_app.server.connection import Client, client_of, connection_of
from webhooks_app.server.long_answer import send
from webhooks_app.server.sockets import tcp_sockets

pytestmark = pytest.mark.quick


def open_files() -> list[str]:
    return sorted(os.listdir("/dev/fd"))  # noqa: PTH208


def test_a_look_leaves_nothing_open_and_ends_no_lock(tmp_path: Path) -> None:
    """SQLite's locks end when any copy of its file is closed."""
    path = tmp_path / "hookline.db"
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as writer,
        socket.socketpair()[0],
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        writer.execute("CREATE TABLE leads (name)")
        writer.execute("BEGIN IMMEDIATE")
        before = open_files()
        for _ in range(3):
            found = list(tcp_sockets())
            assert listener.getsockname() in [one.getsockname() for one in found]
            for one in found:
                one.close()
        assert open_files() == before
        assert not _can_lock(path)


LOCK = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0).execute("BEGIN IMMEDIATE")
"""


def _can_lock(path: Path) -> bool:
    """In another process: a process does not lock itself out."""
    tried = subprocess.run([sys.executable, "-c", LOCK, str(path)], capture_output=True)
    assert tried.returncode == 0 or b"database is locked" in tried.stderr
    return tried.returncode == 0


def test_the_connection_of_a_client_is_found_until_it_has_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, (host, port) = listener.accept()
        where = client_of(scope(f"{host}:{port}"))
        assert where is not None
        with accepted, connection_of(where) as connection:
            assert connection is not None
            assert not connection.has_ended()
            client.close()
            assert connection.has_ended()
        with connection_of(where) as connection:
            assert connection is None


@pytest.mark.parametrize(
    ("client", "http_version"),
    [("", "1.1"), ("127.0.0.1:80", "2")],
    ids=["a Unix socket", "a connection of many requests"],
)
def test_some_have_no_connection_of_their_own(client: str, http_version: str) -> None:
    """A long answer to them is sent as a whole."""
    sent: list[tuple[Any, ...]] = []
    protocol: Any = SimpleNamespace(response_bytes=lambda *answer: sent.append(answer))
    send(scope(client, http_version), protocol, 200, [], iter([b"a" * 100_000, b"b"]))
    assert sent == [(200, [], b"a" * 100_000 + b"b")]


def test_an_address_is_read_as_the_kernel_writes_it() -> None:
    assert client_of(scope("[::1%lo]:443")) == Client(IPv6Address("::1"), 443)


def scope(client: str, http_version: str = "1.1") -> Any:
    return SimpleNamespace(client=client, http_version=http_version)
