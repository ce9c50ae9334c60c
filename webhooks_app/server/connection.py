"""The TCP connection of a request, which granian does not show."""

import os
import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import monotonic, sleep

from webhooks_app.server.rsgi_types import RequestScope

OPEN_FILES = "/dev/fd"
# Only Linux tells when a client stops sending, which is when the web server stops answering it.
ENDED = getattr(select, "POLLRDHUP", 0)
AT_ONCE = struct.pack("ii", 1, 0)
PATIENCE = 5.0  # seconds


class Connection:
    def __init__(self, wire: socket.socket, client: str) -> None:
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
def connection_of(scope: RequestScope) -> Iterator[Connection | None]:
    """None if the client has already left."""
    wire = _find(scope.client)
    if wire is None:
        yield None
        return
    with wire:
        yield Connection(wire, scope.client)


def _find(client: str) -> socket.socket | None:
    """A handle of our own of the connection with that address and port."""
    host, _, port = client.rpartition(":")
    wanted = ip_address(host.strip("[]").partition("%")[0]), int(port)
    for name in os.listdir(OPEN_FILES):  # noqa: PTH208
        with suppress(OSError, ValueError):
            candidate = socket.socket(fileno=os.dup(int(name)))
            if _peer(candidate) == wanted:
                return candidate
            candidate.close()
    return None


def _peer(candidate: socket.socket) -> tuple[IPv4Address | IPv6Address, int] | None:
    if candidate.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        host, port, *_ = candidate.getpeername()
    except OSError:
        return None
    return ip_address(host.partition("%")[0]), port
