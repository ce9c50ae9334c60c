"""Send one message over HTTP and say how it ended. Knows nothing about retries or storage."""

import resource
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import NamedTuple

from webhooks_app.channels.outcome import Outcome, Trace
from webhooks_app.channels.webhook.answer import read_head
from webhooks_app.channels.webhook.curl_loop import CurlLoop
from webhooks_app.channels.webhook.exchange import Exchange, Secured
from webhooks_app.channels.webhook.failures import Ending, Limits, RequestNotSent, explain
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.resolver import AsyncResolver, Resolver
from webhooks_app.channels.webhook.retry_after import parse_retry_after
from webhooks_app.channels.webhook.target import RequestTarget, target_of
from webhooks_app.lib.ssrf import Guard

# Shorter than common servers keep connections (Node 5 s), so few are closed just as we use them.
KEEP_ALIVE = 4
OPEN_FILES = 16_384
GONE_STATUS = 410
ASKS_TO_WAIT = (429, 503)
# How long a handshake's result is kept for a host, and for how many hosts.
SECURED_FOR, MOST_SECURED = 60.0, 10_000


class Began(NamedTuple):
    at: datetime
    clock: float

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.clock


class Transport:
    """One pool of connections for the life of an event loop: `async with Transport(...)`.

    `timeout` seconds cover name look-up, connecting, headers and body together; a message may ask
    for fewer. `connect_timeout` covers the first two, TLS included. Redirects are not followed,
    cookies not kept, proxies not used, compressed bodies not unpacked, and no socket is opened to
    an address that `guard` refuses.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        timeout: float,
        connect_timeout: float,
        now: Callable[[], datetime],
        resolver: Callable[[], Resolver] = AsyncResolver,
    ) -> None:
        self._guard = guard
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._now = now
        self._make_resolver = resolver
        self._idle: list[Exchange] = []
        self._secured: dict[str, tuple[float, Secured]] = {}

    async def __aenter__(self) -> "Transport":
        _allow_many_sockets()
        self._curl = CurlLoop(KEEP_ALIVE)
        self._resolver = self._make_resolver()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._curl.close()
        await self._resolver.close()

    async def send(self, message: WebhookMessage) -> Outcome:
        """POST `message` once. Never raises, except for cancellation."""
        began = Began(self._now(), time.perf_counter())
        try:
            return await self._try(message, target_of(message.url), began)
        except RequestNotSent as error:
            return Outcome(error.failure, str(error), began.at, began.seconds)

    async def _try(self, message: WebhookMessage, target: RequestTarget, began: Began) -> Outcome:
        limits = self._limits(message)
        addresses: Sequence[str] = ()
        looked_up = 0.0
        if target.name:
            addresses = await self._resolver.addresses(target.name, limits.connect)
            looked_up = began.seconds
        exchange = self._idle.pop() if self._idle else Exchange(self._guard, KEEP_ALIVE)
        try:
            exchange.prepare(target, addresses, message)
            exchange.limit(limits.less(looked_up))
            exchange.watch(target.tls and self._is_news(target))
            ending = exchange.ending(*await self._curl.perform(exchange.curl))
            secured = self._learn(target, exchange) if target.tls else None
            trace = exchange.trace(looked_up if target.name else None, secured)
            return outcome_of(exchange, ending, limits, trace, began)
        finally:
            exchange.release()
            self._idle.append(exchange)

    def _limits(self, message: WebhookMessage) -> Limits:
        """The timeout of a message, at most the transport's own limit: leases rely on it."""
        total = min(self._timeout, message.timeout or self._timeout)
        return Limits(min(self._connect_timeout, total), total)

    def _is_news(self, target: RequestTarget) -> bool:
        until, _ = self._secured.get(target.origin, (0.0, None))
        return until < time.monotonic()

    def _learn(self, target: RequestTarget, exchange: Exchange) -> Secured | None:
        """The TLS details of a connection.

        For a kept connection they come from the last handshake with its host.
        """
        if exchange.secured is not None:
            if len(self._secured) >= MOST_SECURED:
                self._secured.clear()
            self._secured[target.origin] = (time.monotonic() + SECURED_FOR, exchange.secured)
        return self._secured.get(target.origin, (0.0, None))[1]


def outcome_of(
    exchange: Exchange, ending: Ending, limits: Limits, trace: Trace, began: Began
) -> Outcome:
    head = read_head(exchange.lines)
    failure, error = explain(ending, head, limits)
    status = head.status if head.complete else None
    asked = head.retry_after if status in ASKS_TO_WAIT else None
    return Outcome(
        failure=failure,
        error=error and _storable(error),
        started_at=began.at,
        duration=began.seconds,
        status_code=status,
        response_headers=head.headers,
        response_body=exchange.body,
        truncated=exchange.cut,
        retry_after=parse_retry_after(asked, began.at),
        gone=status == GONE_STATUS,
        trace=trace,
    )


def _storable(text: str) -> str:
    """The text without what a database refuses."""
    return text[:500].replace("\0", "").encode(errors="replace").decode()


def _allow_many_sockets() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
