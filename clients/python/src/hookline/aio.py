"""The client for `asyncio`. It needs the extra: `pip install "hookline[async]"`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from hookline._aiohttp import AsyncTransport
from hookline._call import Call
from hookline._retry import RetryPolicy
from hookline.async_events import AsyncEventsResource
from hookline.async_resources import AsyncApi
from hookline.client import API
from hookline.settings import connection


class AsyncHookline(AsyncApi):
    """As `Hookline`, with `await`. Use it in one event loop, and close it: `async with`."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        profile: str | None = None,
        mode: str | None = None,
        timeout: float = 30,
        retries: int = RetryPolicy.retries,
    ) -> None:
        self.connection = connection(api_key, base_url, profile, mode)
        retry = RetryPolicy(retries)
        url = self.connection.url + API
        self._sender = AsyncTransport(url, self.connection.api_key, timeout, retry)
        super().__init__(self._sender)

    @cached_property
    def events(self) -> AsyncEventsResource:
        """What happened, reported by your backend."""
        return AsyncEventsResource(self._transport)

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float = 0,
    ) -> Any:
        """The JSON of any request below `/api/v1`, also of one that this version does not know.

        `wait` is how many seconds the server may take beyond the timeout.
        """
        call = Call(method, path, query or {}, body, headers or {}, wait)
        return (await self._sender.send(call)).json()

    async def close(self) -> None:
        """Closes the connections that are kept."""
        await self._sender.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncHookline({self.connection.url!r}, mode={self.connection.mode!r})"
