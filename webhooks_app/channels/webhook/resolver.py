"""Resolve host names without threads, so one dead name server delays no other look-ups.

libcurl would use a pool of 20 threads, and a dead name server would hold each for half a minute.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

import aiodns

from webhooks_app.channels.webhook.failures import RequestNotSent
from webhooks_app.vocabulary import Failure

TTL = 10.0
MOST_KEPT = 10_000
# For one query; c-ares waits twice as long for the second.
QUERY_TIMEOUT, TRIES = 1.5, 2
REASONS = {
    aiodns.error.ARES_ENOTFOUND: "the name does not exist",
    aiodns.error.ARES_ENODATA: "the name has no address",
    aiodns.error.ARES_ETIMEOUT: "the name server did not respond",
    aiodns.error.ARES_ECONNREFUSED: "the name server cannot be reached",
}


class Resolver(Protocol):
    async def addresses(self, name: str, within: float) -> Sequence[str]:
        """The addresses, IPv4 and IPv6, best first. `within` is in seconds.

        Raises `RequestNotSent`.
        """
        ...

    async def close(self) -> None: ...


class AsyncResolver:
    """c-ares on the running loop.

    Answers are kept for `TTL` seconds. Requests for the same name at the same time share one query.
    """

    def __init__(self, name_servers: Sequence[str] | None = None) -> None:
        """`name_servers` are addresses, with or without a port; None uses this machine's."""
        self._loop = asyncio.get_running_loop()
        self._resolver = aiodns.DNSResolver(name_servers, timeout=QUERY_TIMEOUT, tries=TRIES)
        self._kept: dict[str, tuple[float, asyncio.Task[Sequence[str]]]] = {}

    async def addresses(self, name: str, within: float) -> Sequence[str]:
        until, query = self._kept.get(name, (0.0, None))
        if query is None or until < self._loop.time() or _failed(query):
            query = self._ask(name)
        if query.done():
            return query.result()
        try:
            async with asyncio.timeout(within):
                return await asyncio.shield(query)
        except TimeoutError as error:
            raise _not_resolved(name, f"no answer within {within:g} s") from error

    async def close(self) -> None:
        await self._resolver.close()

    def _ask(self, name: str) -> asyncio.Task[Sequence[str]]:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        query = self._loop.create_task(self._query(name))
        query.add_done_callback(
            _failed
        )  # otherwise asyncio warns about an error that nobody awaited
        self._kept[name] = (self._loop.time() + TTL, query)
        return query

    async def _query(self, name: str) -> Sequence[str]:
        try:
            found = await self._resolver.getaddrinfo(
                name, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
        except aiodns.error.DNSError as error:
            reason = REASONS.get(error.args[0], "the look-up failed")
            raise _not_resolved(name, reason) from error
        return [node.addr[0].decode() for node in found.nodes]


def _failed(query: asyncio.Task[Sequence[str]]) -> bool:
    return query.done() and (query.cancelled() or query.exception() is not None)


def _not_resolved(name: str, why: str) -> RequestNotSent:
    return RequestNotSent(Failure.DNS, f"The name {name} could not be resolved: {why}")
