"""The cheapest HTTP receiver we could write, in a process of its own, so that it is no limit.

`python -m bench.receiver PORTS DELAY` listens on that many free ports of loopback, prints them,
and answers each POST with 200 after DELAY seconds. On a port that was listed under HANG it does
not answer at all. Every second it prints how many it has answered.
"""

import asyncio
import json
import socket
import subprocess
import sys
from dataclasses import dataclass

import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


class Answering(asyncio.Protocol):
    """Requests come with Content-Length, as ours do; pipelining is not expected."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
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
        self._buffer = body[length:]
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)  # type: ignore[attr-defined]


async def serve(ports: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    bound = []
    for _ in range(ports):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(4096)
        await loop.create_server(lambda: Answering(delay), sock=listener)
        bound.append(listener.getsockname()[1])
    print(json.dumps(bound), flush=True)
    await asyncio.Event().wait()


@dataclass
class ReceiverProcess:
    """The receiver as a child: `with ReceiverProcess(50) as receiver: receiver.urls`."""

    ports: int
    delay: float = 0.0

    def __enter__(self) -> "ReceiverProcess":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.receiver", str(self.ports), str(self.delay)],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        bound = json.loads(self._process.stdout.readline())
        self.urls = [f"http://127.0.0.1:{port}/hook" for port in bound]
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2])))
