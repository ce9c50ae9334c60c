"""The limits: loops that post the same bodies and do nothing else, on aiohttp and on libcurl."""

import asyncio
import select
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pycurl
import uvloop

HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "bare",
    "webhook-id": "msg_06gvpml7cj579nme4baogimovo",
    "webhook-timestamp": "1795243550",
    "webhook-signature": "v1,1aMmfASKobLQ7SLLXdC1hPuSnkhAR5Q1+qawvnCNUis=",
}
POLLED = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Rate(NamedTuple):
    per_s: float
    cpu_us: float

    @classmethod
    def of(cls, count: int, run: Callable[[], object]) -> "Rate":
        """What it takes to `run`, which posts `count`."""
        cpu, start = time.process_time(), time.perf_counter()
        run()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        return cls(count / seconds, cpu / count * 1e6)


def aiohttp_rate(urls: Sequence[str], body: bytes, count: int, in_flight: int) -> Rate:
    """On uvloop."""
    return Rate.of(count, lambda: uvloop.run(_post_all(urls, body, count, in_flight)))


async def _post_all(urls: Sequence[str], body: bytes, count: int, in_flight: int) -> None:
    numbers = iter(range(count))

    async def post() -> None:
        for n in numbers:
            async with session.post(urls[n % len(urls)], data=body, headers=HEADERS) as response:
                await response.read()

    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=15, connect=5)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await asyncio.gather(*(post() for _ in range(in_flight)))


def libcurl_rate(
    urls: Sequence[str], body: bytes, count: int, in_flight: int, authority: Path | None = None
) -> Rate:
    """On epoll, by libcurl's multi interface. `authority` is trusted over TLS, and no other."""
    return Rate.of(count, _Curls(urls, body, count, in_flight, authority).run)


class _Curls:
    def __init__(
        self,
        urls: Sequence[str],
        body: bytes,
        count: int,
        in_flight: int,
        authority: Path | None,
    ) -> None:
        self._urls = iter([urls[n % len(urls)] for n in range(count)])
        self._left = count
        self._epoll = select.epoll()
        self._wake_at: float | None = None
        self._multi: Any = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, 1024)
        self._watched: set[int] = set()
        self._handles = [_handle(body, authority) for _ in range(min(in_flight, count))]

    def run(self) -> None:
        for curl in self._handles:
            self._next(curl)
        while self._left:
            pause = -1.0 if self._wake_at is None else max(0.0, self._wake_at - time.monotonic())
            ready = self._epoll.poll(pause)
            for socket, events in ready:
                self._multi.socket_action(socket, _flags(events))
            if self._wake_at is not None and self._wake_at <= time.monotonic():
                self._wake_at = None
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            for curl in self._ended():
                self._multi.remove_handle(curl)
                self._left -= 1
                self._next(curl)
        self._multi.close()

    def _next(self, curl: pycurl.Curl) -> None:
        url = next(self._urls, None)
        if url is not None:
            curl.setopt(pycurl.URL, url)
            self._multi.add_handle(curl)

    def _ended(self) -> Iterator[pycurl.Curl]:
        more = 1
        while more:
            more, succeeded, failed = self._multi.info_read()
            assert not failed, failed
            yield from succeeded

    def _on_socket(self, wanted: int, socket: int, _multi: Any, _data: Any) -> None:
        if wanted == pycurl.POLL_REMOVE:
            self._watched.discard(socket)
            self._epoll.unregister(socket)
        elif socket in self._watched:
            self._epoll.modify(socket, POLLED[wanted])
        else:
            self._watched.add(socket)
            self._epoll.register(socket, POLLED[wanted])

    def _on_timer(self, milliseconds: int) -> None:
        self._wake_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _handle(body: bytes, authority: Path | None) -> pycurl.Curl:
    curl = pycurl.Curl()
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.POSTFIELDS, body)
    curl.setopt(pycurl.HTTPHEADER, [*(f"{k}: {v}" for k, v in HEADERS.items()), "Expect:"])
    curl.setopt(pycurl.WRITEFUNCTION, len)
    curl.setopt(pycurl.TIMEOUT_MS, 15_000)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, 5_000)
    if authority is not None:
        curl.setopt(pycurl.CAINFO, str(authority))
    return curl


def _flags(events: int) -> int:
    able = events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR)
    reads = pycurl.CSELECT_IN if able else 0
    return int(reads | (pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0))
