"""What resources need of a transport."""

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from hookline._answer import Answer
from hookline._call import Call


class Sender(Protocol):
    def send(self, call: Call) -> Answer: ...

    def once(self, call: Call, longest: float | None) -> Answer: ...

    def lines(self, call: Call) -> Iterator[bytes]: ...


class AsyncSender(Protocol):
    async def send(self, call: Call) -> Answer: ...

    async def once(self, call: Call) -> Answer: ...

    def lines(self, call: Call) -> AsyncIterator[bytes]: ...
