"""Clients that read nothing of their answer."""

import asyncio
import socket

import pytest
from flask import Flask

from tests.support.servers import wait_until
from webhooks_app.server.door import Door
from webhooks_app.server.listeners import PATIENCE, drop_slow_readers

pytestmark = pytest.mark.whole


def test_who_takes_nothing_is_disconnected() -> None:
    """The kernel copies it to the connections that granian accepts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        drop_slow_readers(1000)
        with socket.create_connection(listener.getsockname()) as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sender, _ = listener.accept()
            with sender:
                sender.setblocking(False)
                wait_until(lambda: is_closed(sender), 60, every=0.1)


def is_closed(sender: socket.socket) -> bool:
    """The answer is larger than both sides' buffers."""
    try:
        sender.send(b"x" * 1_000_000)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


def test_who_waits_for_clients_is_found_and_nobody_else() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as other,
    ):
        drop_slow_readers()
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == PATIENCE
        assert other.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0


class Visit:
    """The minimum that granian calls the door with."""

    proto = "ws"

    def close(self) -> None:
        pass


def test_the_door_asks_for_it_with_the_first_request() -> None:
    """Granian opens the socket that it listens on after `__rsgi_init__`."""
    door, loop = Door(Flask(__name__), threads=1), asyncio.new_event_loop()
    door.__rsgi_init__(loop)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        loop.run_until_complete(door.__rsgi__(Visit(), Visit()))
        loop.close()
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == PATIENCE
