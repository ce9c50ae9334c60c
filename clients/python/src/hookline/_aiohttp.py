"""Sends calls by `aiohttp`, with the same retries as the other transport."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from yarl import URL

from hookline._answer import Answer
from hookline._call import Call
from hookline._retry import RetryPolicy
from hookline._transport import CONNECT_TIMEOUT, sent_headers, with_key
from hookline._tries import Tries
from hookline.errors import ConnectionFailed


class AsyncTransport:
    def __init__(self, url: str, api_key: str, timeout: float, retry: RetryPolicy) -> None:
        self.url = url
        self._authorization = {"Authorization": f"Bearer {api_key}"}
        self._timeout = timeout
        self._retry = retry
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, call: Call) -> Answer:
        """Raises Problem, UnexpectedAnswer or ConnectionFailed, after all retries."""
        call, tries = with_key(call), Tries(self._retry)
        while True:
            tried = await self._try(call)
            if isinstance(tried, Answer) and tried.ok:
                return tried
            await asyncio.sleep(tries.next_delay(call, tried))

    async def once(self, call: Call) -> Answer:
        """The same without retries."""
        tried = await self._try(call)
        if isinstance(tried, ConnectionFailed):
            raise tried
        if not tried.ok:
            raise tried.error()
        return tried

    async def lines(self, call: Call) -> AsyncIterator[bytes]:
        """The lines of an answer that is read as it comes. Not sent again."""
        try:
            async with self._request(call) as response:
                if response.status != 200:
                    raise (await _answer(response)).error()
                rest = b""
                async for chunk in response.content.iter_any():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in filter(None, whole):
                        yield line
                if rest:
                    yield rest
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ConnectionFailed(f"The answer of {self.url} broke off: {error}") from error

    async def _try(self, call: Call) -> Answer | ConnectionFailed:
        try:
            async with self._request(call) as response:
                return await _answer(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            failed = ConnectionFailed(f"No answer from {self.url}: {error}")
            failed.__cause__ = error
            return failed

    def _request(self, call: Call) -> "aiohttp.client._RequestContextManager":
        """The session is made late, because it belongs to the event loop that runs."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        timeout = aiohttp.ClientTimeout(
            sock_connect=CONNECT_TIMEOUT, sock_read=self._timeout + call.wait
        )
        return self._session.request(
            call.method,
            URL(self.url + call.path, encoded=True),
            params=call.parameters(),
            data=call.content(),
            headers={**sent_headers(call), **self._authorization},
            timeout=timeout,
            allow_redirects=False,
        )


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, await response.read())
