"""libcurl's transfers on the running asyncio loop."""

import asyncio
import select
from contextlib import suppress
from math import inf
from typing import Any

import pycurl

MOST_KEPT = 1024
WATCH = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
READY = {
    select.EPOLLIN: pycurl.CSELECT_IN,
    select.EPOLLOUT: pycurl.CSELECT_OUT,
    select.EPOLLIN | select.EPOLLOUT: pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
}
BROKEN = pycurl.CSELECT_IN | pycurl.CSELECT_OUT | pycurl.CSELECT_ERR


class CurlLoop:
    """Runs many transfers at once over one pool of connections, in one thread.

    libcurl says which sockets to watch and when to wake it. `perform` returns when its transfer has
    ended. Connections that were idle for `keep_alive` seconds are closed.

    One epoll watches all sockets, and the event loop watches that epoll. With asyncio's own readers
    and writers, each request would make and drop several handles. A socket stays in the epoll while
    its connection is kept. It is removed only when something arrives that no transfer waits for.
    """

    def __init__(self, keep_alive: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._keep_alive = keep_alive
        self._running: dict[pycurl.Curl, asyncio.Future[tuple[int, str]]] = {}
        self._alarm: asyncio.Handle | None = None
        self._rings_at = inf
        self._closing: asyncio.TimerHandle | None = None
        self._wanted: set[int] = set()
        self._sockets = select.epoll()
        self._loop.add_reader(self._sockets.fileno(), self._on_ready)
        self._multi = self._new_multi()

    async def perform(self, curl: pycurl.Curl) -> tuple[int, str]:
        """libcurl's error code, 0 for none, and its message."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self._multi.add_handle(curl)
        ended: asyncio.Future[tuple[int, str]] = self._loop.create_future()
        self._running[curl] = ended
        try:
            return await ended
        finally:
            if curl in self._running:  # cancelled
                self._end(curl)

    def close(self) -> None:
        for handle in (self._alarm, self._closing):
            if handle is not None:
                handle.cancel()
        self._multi.close()
        self._loop.remove_reader(self._sockets.fileno())
        self._sockets.close()

    def _new_multi(self) -> Any:
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        multi.setopt(pycurl.M_MAXCONNECTS, MOST_KEPT)
        return multi

    def _on_socket(self, wanted: int, socket: int, _multi: object, _data: object) -> None:
        """Called by libcurl, which must not be called from in here."""
        if wanted == pycurl.POLL_REMOVE:
            self._wanted.discard(socket)
            return
        self._wanted.add(socket)
        try:
            self._sockets.modify(socket, WATCH[wanted])
        except FileNotFoundError:
            self._sockets.register(socket, WATCH[wanted])

    def _on_timer(self, milliseconds: int) -> None:
        """Called by libcurl, several times for each transfer.

        An alarm that is too early stays: libcurl then sets the next one.
        """
        at = self._loop.time() + milliseconds / 1000
        if milliseconds >= 0 and at < self._rings_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._rings_at = at
            self._alarm = self._loop.call_at(at, self._on_alarm)

    def _on_alarm(self) -> None:
        self._rings_at = inf
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()

    def _on_ready(self) -> None:
        for socket, events in self._sockets.poll(0):
            if socket in self._wanted:
                self._multi.socket_action(socket, READY.get(events, BROKEN))
            else:
                with suppress(OSError):
                    self._sockets.unregister(socket)
        self._collect()

    def _collect(self) -> None:
        more = True
        while more:
            more, succeeded, failed = self._multi.info_read()
            for curl in succeeded:
                self._end(curl, 0, "")
            for curl, code, message in failed:
                self._end(curl, code, message)

    def _end(self, curl: pycurl.Curl, code: int = 0, message: str = "") -> None:
        self._multi.remove_handle(curl)
        ended = self._running.pop(curl)
        if not ended.done():
            ended.set_result((code, message))
        if not self._running and self._closing is None:
            self._closing = self._loop.call_later(self._keep_alive, self._close_kept)

    def _close_kept(self) -> None:
        self._closing = None
        self._multi.close()
        self._multi = self._new_multi()
