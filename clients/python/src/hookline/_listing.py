"""Lists that fetch their pages as they are read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from hookline._answer import Answer
from hookline._call import Call
from hookline._model import Kind

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next_cursor` leads to the next page; None on the last one.

    `searched_back_to` is how far back the page of a log was searched, None on the last one.
    """

    data: list[T]
    next_cursor: str | None
    searched_back_to: datetime | None = None


class Listing(Generic[T]):
    """Iterate over it for every object. Each iteration starts at the first page."""

    def __init__(self, send: Callable[[Call], Answer], call: Call, kind: Kind[T]) -> None:
        self._send, self._call, self._kind = send, call, kind

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.data

    def pages(self) -> Iterator[Page[T]]:
        call: Call | None = self._call
        while call is not None:
            page = _page(self._send(call), self._kind)
            yield page
            call = _next(call, page.next_cursor)

    def first(self) -> T | None:
        """The first object; None when there is none."""
        return next(iter(self), None)


class AsyncListing(Generic[T]):
    """The same with `async for`."""

    def __init__(
        self, send: Callable[[Call], Awaitable[Answer]], call: Call, kind: Kind[T]
    ) -> None:
        self._send, self._call, self._kind = send, call, kind

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for one in page.data:
                yield one

    async def pages(self) -> AsyncIterator[Page[T]]:
        call: Call | None = self._call
        while call is not None:
            page = _page(await self._send(call), self._kind)
            yield page
            call = _next(call, page.next_cursor)

    async def first(self) -> T | None:
        """The first object; None when there is none."""
        async for one in self:
            return one
        return None


def _page(answer: Answer, kind: Kind[T]) -> Page[T]:
    found: dict[str, Any] = answer.json()
    rows, back_to = [kind.decode(one) for one in found["data"]], found.get("searched_back_to")
    return Page(
        rows, found.get("next_cursor"), datetime.fromisoformat(back_to) if back_to else None
    )


def _next(call: Call, cursor: str | None) -> Call | None:
    return None if cursor is None else replace(call, query={**call.query, "cursor": cursor})
