"""Sends one message over HTTP and says how it ended. Knows nothing of retries or storage."""

import resource
import time
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver
from yarl import URL

from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.webhook.failures import explain
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.retry_after import parse_retry_after
from webhooks_app.lib.ssrf import Guard, RefusedAddress, socket_factory
from webhooks_app.vocabulary import Failure

BODY_LIMIT = 16 * 1024
HEADERS_LIMIT = 16 * 1024

# Below what common servers keep (Node 5 s): what is sent just as they close would seem to fail.
KEEP_ALIVE = 4
DNS_TTL = 10
OPEN_FILES = 16_384
GONE = 410
ASKS_TO_WAIT = (429, 503)

log = structlog.get_logger(__name__)


class Transport:
    """One pool of connections for the life of an event loop: `async with Transport(...)`.

    `timeout` seconds cover connecting, headers and body together, and a message may want fewer;
    `connect_timeout` the first of them, name look-up included. Redirects are not followed, cookies
    not kept, compressed bodies not unpacked, and no socket is opened to an address that `guard`
    refuses.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        timeout: float,
        connect_timeout: float,
        now: Callable[[], datetime],
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._guard = guard
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=connect_timeout)
        self._now = now
        self._resolver = resolver
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> "Transport":
        _allow_many_sockets()
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=KEEP_ALIVE,
            ttl_dns_cache=DNS_TTL,
            # Threads that wait for one dead name server must not hold up everyone's look-ups.
            resolver=self._resolver or aiohttp.AsyncResolver(timeout=2, tries=2),
            socket_factory=socket_factory(self._guard),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(self, message: WebhookMessage) -> Outcome:
        """POST `message` once. Never raises, but for cancellation."""
        timeout = self._timeout_of(message)
        started_at, start = self._now(), time.perf_counter()
        status_code: int | None = None
        headers: tuple[tuple[str, str], ...] = ()
        body, truncated = b"", False
        failure: Failure | None = None
        error: str | None = None
        retry_after: str | None = None
        try:
            async with self._session.post(
                _url(message.url),
                data=message.body,
                headers=message.headers,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                status_code = response.status
                headers = _bounded(response.headers.items())
                retry_after = response.headers.get("Retry-After")
                body, truncated = await _read(response)
            if not 200 <= status_code < 300:
                failure, error = Failure.STATUS, f"The endpoint answered {status_code}"
        except aiohttp.InvalidURL as exception:
            failure, error = explain(self._refused(message.url) or exception, timeout)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exception:
            failure, error = explain(exception, timeout)
        except Exception as exception:
            log.exception("send failed unexpectedly", url=message.url)
            failure, error = Failure.NETWORK, f"Unexpected: {type(exception).__name__}"
        busy = status_code in ASKS_TO_WAIT
        return Outcome(
            failure=failure,
            error=error and _storable(error),
            status_code=status_code,
            response_headers=headers,
            response_body=body,
            truncated=truncated,
            retry_after=parse_retry_after(retry_after, started_at) if busy else None,
            gone=status_code == GONE,
            started_at=started_at,
            duration=time.perf_counter() - start,
        )

    def _timeout_of(self, message: WebhookMessage) -> aiohttp.ClientTimeout:
        """Never more than the transport's: a lease is held for as long as that."""
        total = self._timeout.total or 0.0
        if message.timeout is None or message.timeout >= total:
            return self._timeout
        connect = min(self._timeout.connect or total, message.timeout)
        return aiohttp.ClientTimeout(total=message.timeout, connect=connect)

    def _refused(self, url: str) -> RefusedAddress | None:
        """Spellings of addresses that the HTTP client does not know, as 3232235777."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return None
        reason = self._guard.refusal_of_host(host, port)
        return RefusedAddress(host, reason) if reason else None


_url = lru_cache(maxsize=4096)(URL)


async def _read(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """The body up to the limit. A longer one is cut, and its connection given up."""
    body = b""
    while len(body) <= BODY_LIMIT:
        chunk = await response.content.readany()
        if not chunk:
            return body, False
        body += chunk
    response.close()
    return body[:BODY_LIMIT], True


def _storable(text: str) -> str:
    """Without what a database refuses."""
    return text[:500].replace("\0", "").encode(errors="replace").decode()


def _bounded(headers: object) -> tuple[tuple[str, str], ...]:
    kept, size = [], 0
    for name, value in headers:  # type: ignore[attr-defined]
        size += len(name) + len(value)
        if size > HEADERS_LIMIT:
            break
        kept.append((name, value))
    return tuple(kept)


def _allow_many_sockets() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
