"""The sockets that this process listens on."""

import socket

from webhooks_app.server.sockets import tcp_sockets

PATIENCE = 30_000  # milliseconds


def drop_slow_readers(patience: int = PATIENCE) -> None:
    """Let the kernel close connections whose client reads nothing for this long.

    Granian has no such limit. Connections inherit the option from the socket that accepts them.
    Only Linux has it.
    """
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    for one in tcp_sockets():
        with one:
            if _waits(one):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)


def _waits(one: socket.socket) -> bool:
    """Whether it listens."""
    if one.type != socket.SOCK_STREAM or one.getsockname()[1] == 0:
        return False
    try:
        one.getpeername()
    except OSError:
        return True
    return False
