"""The cheapest HTTP receiver we could write, in its own process, so that it is not the limit.

`python -m bench.receiver PORTS DELAY [FILE]` listens on that many free ports of loopback, prints
them, and answers each POST with 200 after DELAY seconds; over TLS, with the key and certificate in
FILE. For each line on its input it prints what
arrived since the line before: how many, when the last one came, and when each body came that says
`"n":` and a number.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from tests.support.authority import context_of

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
NUMBER = b'"n":'


@dataclass
class Arrivals:
    """Moments are those of `time.time()`."""

    count: int = 0
    last: float = 0.0
    numbered: dict[int, float] = field(default_factory=dict)

    def note(self, body: bytes) -> None:
        self.count += 1
        self.last = time.time()
        _, found, rest = body.partition(NUMBER)
        if found:
            self.numbered.setdefault(
                int(rest[: len(rest) - len(rest.lstrip(b"0123456789"))]), self.last
            )


class Answering(asyncio.Protocol):
    """Requests must have Content-Length, as ours do; pipelining is not supported."""

    def __init__(self, delay: float, arrivals: Arrivals) -> None:
        self._delay = delay
        self._arrivals = arrivals
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        start = head.lower().index(b"content-length:") + 15
        length = int(head[start : head.find(b"\r\n", start) if b"\r\n" in head[start:] else None])
        if len(body) < length:
            return
        self._arrivals.note(body[:length])
        self._buffer = body[length:]
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)  # type: ignore[attr-defined]


class Reports(asyncio.Protocol):
    """Of what arrived, one for each line that comes."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    def data_received(self, _data: bytes) -> None:
        seen = self._arrivals
        print(json.dumps([seen.count, seen.last, list(seen.numbered.items())]), flush=True)
        seen.count, seen.numbered = 0, {}


async def serve(ports: int, delay: float, certificate: str = "") -> None:
    context = context_of(Path(certificate)) if certificate else None
    loop, arrivals = asyncio.get_running_loop(), Arrivals()
    bound = []
    for _ in range(ports):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(4096)
        await loop.create_server(lambda: Answering(delay, arrivals), sock=listener, ssl=context)
        bound.append(listener.getsockname()[1])
    await loop.connect_read_pipe(lambda: Reports(arrivals), sys.stdin)
    print(json.dumps(bound), flush=True)
    await asyncio.Event().wait()


@dataclass
class ReceiverProcess:
    """The receiver as a child: `with ReceiverProcess(50) as receiver: receiver.urls`."""

    ports: int
    delay: float = 0.0
    certificate: Path | None = None

    def __enter__(self) -> "ReceiverProcess":
        certificate = [str(self.certificate)] if self.certificate else []
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bench.receiver",
                str(self.ports),
                str(self.delay),
                *certificate,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        scheme = "https" if self.certificate else "http"
        self.urls = [f"{scheme}://127.0.0.1:{port}/hook" for port in self._read()]
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    def arrived(self) -> Arrivals:
        """Since it was asked before."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        count, last, numbered = self._read()
        return Arrivals(count, last, dict(numbered))

    def await_arrivals(self, count: int, seconds: float = 600) -> Arrivals:
        """At least that many more."""
        seen, deadline = self.arrived(), time.monotonic() + seconds
        while seen.count < count:
            assert time.monotonic() < deadline, f"{seen.count} of {count} arrived"
            time.sleep(0.05)
            more = self.arrived()
            seen = Arrivals(
                seen.count + more.count, max(seen.last, more.last), seen.numbered | more.numbered
            )
        return seen

    def _read(self) -> list:  # type: ignore[type-arg]
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())  # type: ignore[no-any-return]


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]))
