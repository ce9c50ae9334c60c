"""HTTP by hand: what no client library would send."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.servers import PATIENCE


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def ask(port: int, *parts: bytes, end: bool = False, answers: int = 1) -> bytes:
    """What the server answers, see `read`."""
    with connect(port) as wire:
        for part in parts:
            wire.sendall(part)
        if end:
            wire.shutdown(socket.SHUT_WR)
        return read(wire, answers)


def read(wire: socket.socket, answers: int = 1) -> bytes:
    """All until the server closes, or is silent for a moment after that many answers."""
    answer = b""
    while True:
        wire.settimeout(0.4 if answer.count(b"HTTP/1.") >= answers else PATIENCE)
        try:
            more = wire.recv(65_536)
        except (TimeoutError, ConnectionResetError):
            return answer
        if not more:
            return answer
        answer += more


def head(line: str, **headers: object) -> bytes:
    """A request's line and headers; `content_length=1` is `content-length: 1`."""
    lines = [f"{line} HTTP/1.1", "host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def status(answer: bytes) -> int:
    """The status of the last answer, since a 100 may come before it; 0 for none."""
    found = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    return int(found[-1].split()[1]) if found else 0


@contextmanager
def held(port: int, beginnings: list[bytes]) -> Iterator[list[socket.socket]]:
    """Connections that each sent that much, and send nothing more."""
    with ExitStack() as stack:
        wires = []
        for beginning in beginnings:
            wire = stack.enter_context(connect(port))
            wire.sendall(beginning)
            wires.append(wire)
        yield wires
