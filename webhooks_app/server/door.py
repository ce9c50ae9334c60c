"""The door in front of Flask: a request gets a thread only when it has fully arrived.

So a slow sender holds no thread. Granian (RSGI) calls it on an event loop; see `docs/operating.md`.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter

from flask import Flask
from werkzeug.exceptions import HTTPException

from webhooks_app.api.ahead import AHEAD, Ahead
from webhooks_app.api.auth import is_known_key
from webhooks_app.lib import tracing
from webhooks_app.lib.body_limits import FORM, LITTLE, largest_body
from webhooks_app.lib.errors import DATABASE_AWAY
from webhooks_app.server.body import BodyParts, Incomplete, TooLong, drain, read_body
from webhooks_app.server.environ import environ_of
from webhooks_app.server.events_door import EventsDoor
from webhooks_app.server.listeners import drop_slow_readers
from webhooks_app.server.long_answer import send
from webhooks_app.server.refusal import INCOMPLETE, TOO_SLOW, UNAVAILABLE, Refusal
from webhooks_app.server.rsgi_types import HTTPProtocol, RequestScope
from webhooks_app.server.threads import Threads

WITHOUT_BODY = (204, 304)

Loop = asyncio.AbstractEventLoop


class Door:
    """An RSGI application for granian, around a Flask app and its threads.

    `events` makes the door that handles common events in front of the app.
    """

    def __init__(
        self, app: Flask, threads: int, events: Callable[[Loop], EventsDoor] | None = None
    ) -> None:
        self._app = app
        self._number = threads
        self._make_events = events
        self._routes = app.url_map.bind("localhost")

    def __rsgi_init__(self, loop: Loop) -> None:
        self._loop = loop
        self._events = self._make_events(loop) if self._make_events else None
        self._threads = Threads(self._number)
        self._has_served = False
        tracing.start("web")

    def __rsgi_del__(self, _loop: Loop) -> None:
        tracing.stop()

    async def __rsgi__(self, scope: RequestScope, protocol: HTTPProtocol) -> None:
        if not self._has_served:
            self._has_served = True
            drop_slow_readers()  # only now: granian listens once the loop runs
        if scope.proto != "http":
            protocol.close()
            return
        given = scope.headers.get("content-length")
        if given is None and not _is_streamed(scope):
            await self._pass_on(scope, protocol, b"", 0)
            return
        length = None if given is None else int(given)
        parts_sent = BodyParts(protocol)
        most = LITTLE if length and length <= LITTLE else await self._bound(scope, length)
        if most is None:
            _refuse(scope, protocol, UNAVAILABLE)
            return
        try:
            body = await read_body(parts_sent, length, most)
        except TooLong as error:
            # Flask refuses it by its headers, and answers in the right form.
            await self._pass_on(scope, protocol, b"", error.length)
            if "expect" not in scope.headers:
                await drain(parts_sent)
        except TimeoutError:
            _refuse(scope, protocol, TOO_SLOW)
        except Incomplete:
            _refuse(scope, protocol, INCOMPLETE)
        else:
            await self._take(scope, protocol, body)

    async def _take(self, scope: RequestScope, protocol: HTTPProtocol, body: bytes) -> None:
        ahead, began = None, perf_counter()
        if self._events is not None and self._events.is_for(scope, body):
            ahead = await self._events.take(scope, body)
            if ahead is not None and ahead.is_stored:
                self._events.respond(scope, protocol, ahead)
                self._events.observe(perf_counter() - began)
                return
        await self._pass_on(scope, protocol, body, len(body), ahead)

    async def _pass_on(
        self,
        scope: RequestScope,
        protocol: HTTPProtocol,
        body: bytes,
        length: int,
        ahead: Ahead | None = None,
    ) -> None:
        await self._in_thread(partial(self._answer, scope, protocol, body, length, ahead))

    async def _bound(self, scope: RequestScope, length: int | None) -> int | None:
        """The longest body that the requested view accepts.

        0 without a view; a form's if a large body comes without a valid API key; None if nobody can
        tell, since the database is away.
        """
        try:
            endpoint, _ = self._routes.match(scope.path, scope.method)
        except HTTPException:
            return 0
        most = largest_body(self._app.view_functions[endpoint])
        if most <= FORM or (length is not None and length <= FORM):
            return most
        is_known = await self._in_thread(partial(self._is_known, scope))
        return is_known if is_known is None else most if is_known else FORM

    def _is_known(self, scope: RequestScope) -> bool | None:
        try:
            with self._app.app_context():
                return is_known_key(scope.headers.get("authorization") or "")
        except DATABASE_AWAY:
            return None

    def _answer(
        self,
        scope: RequestScope,
        protocol: HTTPProtocol,
        body: bytes,
        length: int,
        ahead: Ahead | None,
    ) -> None:
        environ = environ_of(scope, body, length)
        if ahead is not None:
            environ[AHEAD] = ahead
        began = _Began()
        content = self._app(environ, began)
        try:
            if began.is_whole:
                protocol.response_bytes(began.status, list(began.headers), b"".join(content))
            else:
                send(scope, protocol, began.status, list(began.headers), iter(content))
        except DATABASE_AWAY:
            _refuse(scope, protocol, UNAVAILABLE)
        finally:
            if hasattr(content, "close"):
                content.close()

    async def _in_thread(self, call: Callable[[], object]) -> object:
        done = self._loop.create_future()

        def run() -> None:
            result = None
            try:
                result = call()
            finally:
                self._loop.call_soon_threadsafe(done.set_result, result)

        self._threads.run(run)
        return await done


class _Began:
    """`start_response` of WSGI."""

    status = 500
    headers: Iterable[tuple[str, str]] = ()

    def __call__(
        self, status: str, headers: list[tuple[str, str]], _error: object = None, /
    ) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return _no_write

    @property
    def is_whole(self) -> bool:
        """Flask knows the length of every answer that it has as a whole. Some have no body."""
        has_length = any(name.lower() == "content-length" for name, _ in self.headers)
        return has_length or self.status in WITHOUT_BODY


def _no_write(_data: bytes) -> object:
    raise NotImplementedError("Flask never calls this remnant of PEP 333")


def _refuse(scope: RequestScope, protocol: HTTPProtocol, refusal: Refusal) -> None:
    content, headers = refusal.rendered(scope.path, scope.headers.get("x-request-id"))
    protocol.response_bytes(refusal.status, [*headers.items(), ("connection", "close")], content)


def _is_streamed(scope: RequestScope) -> bool:
    """Whether a body without a length can follow."""
    return "transfer-encoding" in scope.headers or (
        scope.http_version == "2" and scope.method not in ("GET", "HEAD")
    )
