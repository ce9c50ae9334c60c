"""libcurl's transfers on the running asyncio loop."""

import asyncio
from typing import Any

import pycurl

MOST_KEPT = 1024


class CurlLoop:
    """Runs many transfers at once over one pool of connections, in one thread.

    libcurl says which sockets to watch and when to wake it. `perform` returns when its transfer has
    ended. Connections that were idle for `keep_alive` seconds are closed.
    """

    def __init__(self, keep_alive: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._keep_alive = keep_alive
        self._running: dict[pycurl.Curl, asyncio.Future[tuple[int, str]]] = {}
        self._alarm: asyncio.Handle | None = None
        self._closing: asyncio.TimerHandle | None = None
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

    def _new_multi(self) -> Any:
        multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        multi.setopt(pycurl.M_MAXCONNECTS, MOST_KEPT)
        return multi

    def _on_socket(self, wanted: int, socket: int, _multi: Any, _data: Any) -> None:
        """Called by libcurl, which must not be called from in here."""
        if wanted != pycurl.POLL_REMOVE and wanted & pycurl.POLL_IN:
            self._loop.add_reader(socket, self._act, socket, pycurl.CSELECT_IN)
        else:
            self._loop.remove_reader(socket)
        if wanted != pycurl.POLL_REMOVE and wanted & pycurl.POLL_OUT:
            self._loop.add_writer(socket, self._act, socket, pycurl.CSELECT_OUT)
        else:
            self._loop.remove_writer(socket)

    def _on_timer(self, milliseconds: int) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if milliseconds == 0:
            self._alarm = self._loop.call_soon(self._act, pycurl.SOCKET_TIMEOUT, 0)
        elif milliseconds > 0:
            seconds = milliseconds / 1000
            self._alarm = self._loop.call_later(seconds, self._act, pycurl.SOCKET_TIMEOUT, 0)

    def _act(self, socket: int, ready: int) -> None:
        if socket == pycurl.SOCKET_TIMEOUT:
            self._alarm = None
        _, running = self._multi.socket_action(socket, ready)
        if running < len(self._running):
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
