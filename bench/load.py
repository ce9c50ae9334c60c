"""A cheap HTTP load generator: keep-alive connections that each send, await, send again."""

import asyncio
import time

import uvloop


class _Client(asyncio.Protocol):
    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = self._load.take()
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) >= length:
            self._load.answered(head[9:12])
            self._buffer = body[length:]
            self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        self._load.closed()


class _Load:
    def __init__(self, request: bytes, count: int, connections: int) -> None:
        self._request = request
        self._left = self._count = count
        self._open = connections
        self.done = asyncio.Event()
        self.codes: dict[bytes, int] = {}

    def take(self) -> bytes | None:
        if self._left == 0:
            return None
        self._left -= 1
        return self._request

    def answered(self, code: bytes) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1

    def closed(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.done.set()


def rate(port: int, request: bytes, count: int, connections: int, expected: bytes) -> float:
    """Requests a second. AssertionError if any answer has another code than `expected`."""
    return uvloop.run(_run(port, request, count, connections, expected))


async def _run(port: int, request: bytes, count: int, connections: int, expected: bytes) -> float:
    load = _Load(request, count, connections)
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(load), "127.0.0.1", port)
    await load.done.wait()
    assert load.codes == {expected: count}, load.codes
    return count / (time.perf_counter() - start)


def post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a POST of JSON."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
