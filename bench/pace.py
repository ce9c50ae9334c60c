"""A load generator that keeps a steady rate, whether answers come or not."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import uvloop


class Answered(NamedTuple):
    """Moments of `time.time()`: just before a request was written, and when its answer was here."""

    sent: float
    answered: float


class _Connection(asyncio.Protocol):
    def __init__(self, idle: list["_Connection"]) -> None:
        self._idle = idle
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        self._done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]
        return self._done

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) >= length:
            self._buffer = b""
            self._idle.append(self)
            self._done.set_result(head[9:12])

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("closed without an answer"))


def paced(
    port: int, request: Callable[[int], bytes], rate: float, count: int, expected: bytes
) -> list[Answered]:
    """`request(0)` to `request(count - 1)`, so many a second; AssertionError when one is answered
    by another code than `expected`."""
    return uvloop.run(_run(port, request, rate, count, expected))


async def _run(
    port: int, request: Callable[[int], bytes], rate: float, count: int, expected: bytes
) -> list[Answered]:
    loop = asyncio.get_running_loop()
    idle: list[_Connection] = []

    async def ask(number: int) -> Answered:
        body = request(number)
        if idle:
            connection = idle.pop()
        else:
            made = await loop.create_connection(lambda: _Connection(idle), "127.0.0.1", port)
            connection = made[1]
        sent = time.time()
        code = await connection.ask(body)
        assert code == expected, code
        return Answered(sent, time.time())

    asked, start = [], loop.time()
    for number in range(count):
        await asyncio.sleep(start + number / rate - loop.time())
        asked.append(asyncio.create_task(ask(number)))
    return await asyncio.gather(*asked)
