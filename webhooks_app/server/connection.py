"""The TCP connection of a request, which granian does not show."""

import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import monotonic, sleep
from typing import NamedTuple

from webhooks_app.server.rsgi_types import RequestScope
from webhooks_app.server.sockets import tcp_sockets

# Only Linux tells when a client stops sending, which is when the web server stops answering it.
ENDED = getattr(select, "POLLRDHUP", 0)
AT_ONCE = struct.pack("ii", 1, 0)
PATIENCE = 5.0  # seconds


class Client(NamedTuple):
    host: IPv4Address | IPv6Address
    port: int


class Connection:
    def __init__(self, wire: socket.socket, client: Client) -> None:
        self._wire = wire
        self._client = client
        self._poll = select.poll()
        self._poll.register(wire, ENDED)

    def fileno(self) -> int:
        return self._wire.fileno()

    def has_ended(self) -> bool:
        return bool(self._poll.poll(0))

    def reset(self) -> None:
        """End it so that the client notices: what it got is not the whole answer.

        The web server drops a connection that it can no longer read from. The kernel then resets
        it: to a client of HTTP/1.0, and to a proxy that uses it, an orderly end would look like the
        end of the answer.
        """
        with suppress(OSError):
            self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self._wire.shutdown(socket.SHUT_RD)
        self._wire.close()
        ends = monotonic() + PATIENCE
        while monotonic() < ends and (other := _find(self._client)) is not None:
            other.close()
            sleep(0.01)


@contextmanager
def connection_of(client: Client) -> Iterator[Connection | None]:
    """None if it has already left."""
    wire = _find(client)
    if wire is None:
        yield None
        return
    with wire:
        yield Connection(wire, client)


def client_of(scope: RequestScope) -> Client | None:
    """None over a Unix socket, and where requests share a connection, as those of HTTP/2 do."""
    host, _, port = scope.client.rpartition(":")
    if scope.http_version.startswith("2") or not host:
        return None
    return Client(_address(host.strip("[]")), int(port))


def _find(client: Client) -> socket.socket | None:
    """A handle of our own of the connection with that address and port."""
    for one in tcp_sockets():
        if _peer(one) == client:
            return one
        one.close()
    return None


def _peer(one: socket.socket) -> Client | None:
    try:
        host, port, *_ = one.getpeername()
    except OSError:
        return None
    return Client(_address(host), port)


def _address(host: str) -> IPv4Address | IPv6Address:
    return ip_address(host.partition("%")[0])
