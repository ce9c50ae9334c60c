"""The base of resources: a transport, and the ways to use it."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from hookline._call import Call
from hookline._listing import AsyncListing, Listing
from hookline._model import Kind
from hookline._protocols import AsyncSender, Sender

T = TypeVar("T")


class Resource:
    def __init__(self, transport: Sender) -> None:
        self._transport = transport

    def _send(self, kind: Kind[T], call: Call) -> T:
        return self._transport.send(call).decoded(kind)

    def _do(self, call: Call) -> None:
        self._transport.send(call)

    def _list(self, kind: Kind[T], call: Call) -> Listing[T]:
        return Listing(self._transport.send, call, kind)

    def _lines(self, kind: Kind[T], call: Call) -> Iterator[T]:
        return (kind.decode(json.loads(line)) for line in self._transport.lines(call))


class AsyncResource:
    def __init__(self, transport: AsyncSender) -> None:
        self._transport = transport

    async def _send(self, kind: Kind[T], call: Call) -> T:
        return (await self._transport.send(call)).decoded(kind)

    async def _do(self, call: Call) -> None:
        await self._transport.send(call)

    def _list(self, kind: Kind[T], call: Call) -> AsyncListing[T]:
        return AsyncListing(self._transport.send, call, kind)

    async def _lines(self, kind: Kind[T], call: Call) -> AsyncIterator[T]:
        async for line in self._transport.lines(call):
            yield kind.decode(json.loads(line))
