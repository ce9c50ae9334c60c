"""Read a request's body: in time, within a size limit, and without a thread."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Self

from webhooks_app.server.rsgi_types import HTTPProtocol

GRACE = 10.0  # seconds for the first bytes, and extra until the last
SLOWEST = 16 * 1024  # bytes a second, on average, after that
PARTING = 2.0  # seconds


class Incomplete(Exception):
    """The client disconnected too early, or sent invalid chunks."""


class TooLong(Exception):
    """The body is too long: at least `length` bytes."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length


class BodyParts:
    """The parts of a body as they arrive.

    Unlike the `protocol` of granian's RSGI, it can be iterated again for the rest. (`anext` with a
    default crashes granian.)
    """

    def __init__(self, protocol: HTTPProtocol) -> None:
        self._next = aiter(protocol).__anext__

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[bytes]:
        return self._next()


async def read_body(parts_sent: BodyParts, length: int | None, most: int) -> bytes:
    """The body: `length` bytes, or all chunks for None.

    Raises `TooLong` beyond `most` bytes, `TimeoutError` for a client that is too slow, and
    `Incomplete`.
    """
    if length is not None and length > most:
        raise TooLong(length)
    started = asyncio.get_running_loop().time()
    parts: list[bytes] = []
    received = 0
    async with asyncio.timeout_at(started + GRACE) as deadline:
        async for part in parts_sent:
            parts.append(part)
            received += len(part)
            if received > most:
                raise TooLong(received)
            if received == length:
                return part if len(parts) == 1 else b"".join(parts)
            deadline.reschedule(started + GRACE + received / SLOWEST)
    if length is not None or parts[-2:].count(b"") != 1:
        # Granian ends chunks with one empty part, or with two if they were cut off.
        raise Incomplete
    return b"".join(parts)


async def drain(parts_sent: BodyParts) -> None:
    """Let a client that already has its answer finish sending, for a moment.

    A client that finds the connection closed while it still sends would never see the answer.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PARTING):
            async for _ in parts_sent:
                pass
