"""The sockets that this process listens on."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress

PATIENCE = 30_000  # milliseconds


def drop_slow_readers(patience: int = PATIENCE) -> None:
    """Let the kernel close connections whose client reads nothing for this long.

    Granian has no such limit. Connections inherit the option from the socket that accepts them.
    Only Linux has it.
    """
    for listener in _listeners():
        with listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)


def _listeners() -> Iterator[socket.socket]:
    """Listening TCP sockets on our ports."""
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            with suppress(OSError):
                candidate = socket.socket(fileno=os.dup(int(name)))
                if _waits(candidate):
                    yield candidate
                else:
                    candidate.close()


def _waits(candidate: socket.socket) -> bool:
    if candidate.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    if candidate.type != socket.SOCK_STREAM or candidate.getsockname()[1] == 0:
        return False
    try:
        candidate.getpeername()
    except OSError:
        return True
    return False
