"""The common case of `POST /api/v1/events`, in front of Flask, on the event loop.

Every unusual request and every fault goes to Flask, so each is answered in only one way. What was
already counted or stored goes along (`api/ahead`).
"""

import asyncio
from collections import deque
from contextlib import suppress
from functools import partial

import msgspec
from flask import Flask

from webhooks_app.api import shapes, traces
from webhooks_app.api.ahead import Ahead
from webhooks_app.api.auth import bearer_token
from webhooks_app.api.event_bodies import parse_event
from webhooks_app.api.hops import hops_of
from webhooks_app.api.rate import Limit, limit_of_key, limit_of_plan, told
from webhooks_app.api.repeats import LONGEST_KEY, is_usable
from webhooks_app.events.type_registry import kept_names
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.ingest.selection import Selection, select_at_once
from webhooks_app.lib import traceparent, tracing
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.rate import Allowance
from webhooks_app.lib.request_ids import HEADER, request_id_of
from webhooks_app.matching.incoming import Incoming
from webhooks_app.parts import parts_of
from webhooks_app.people.key_check import Principal, kept_principal
from webhooks_app.server import hosts
from webhooks_app.server.rsgi_types import HTTPProtocol, RequestScope
from webhooks_app.web.request_metrics import series
from webhooks_app.web.security import HSTS, PROTECTION

PATH = "/api/v1/events"
LARGEST = 32 * 1024  # bytes; more would block the event loop too long
JSON = ("application/json", "application/json; charset=utf-8")


class EventsDoor:
    """One per process; it runs on `loop`."""

    def __init__(self, app: Flask, loop: asyncio.AbstractEventLoop) -> None:
        self._parts = parts = parts_of(app)
        with app.app_context():
            self._database = db.engine
        self._is_trusted = hosts.kept(parts.settings.own_hosts)
        self._loop = loop
        self._headers = {
            "Content-Type": "application/json",
            **PROTECTION,
            "Cache-Control": "no-store",
            "Vary": "Cookie",
            **({"Strict-Transport-Security": HSTS} if parts.settings.is_https else {}),
        }
        self._told: deque[asyncio.Future[None]] = deque()

    def is_for(self, scope: RequestScope, body: bytes) -> bool:
        return (
            scope.path == PATH
            and scope.method == "POST"
            and not scope.query_string
            and len(body) <= LARGEST
        )

    async def take(self, scope: RequestScope, body: bytes) -> Ahead | None:
        """Store the event; None if Flask must handle the request from the start."""
        headers = _headers(scope)
        principal = self._principal(scope, headers) if headers is not None else None
        if headers is None or principal is None:
            return None
        traced = tracing.begin(headers.get(traceparent.HEADER))
        try:
            event = self._event(headers, body, principal, traced.kept)
        except (Invalid, UnicodeDecodeError):
            return None
        selection = select_at_once(principal.tenant, event) if event is not None else None
        if event is None or selection is None:
            return None
        of_key = await self._counted(limit_of_key(self._parts, principal.key_id))
        if of_key.exceeded:
            return Ahead(of_key, None)
        planned = limit_of_plan(principal)
        of_plan = None if planned is None else await self._counted(planned)
        if of_plan is not None and of_plan.exceeded:
            return Ahead(of_key, of_plan)
        stored = await self._stored(principal, event, selection)
        await self._note_write(principal.key_id)
        if stored.accepted:
            traces.end(traced, principal.organisation_id, stored.accepted)
        return Ahead(of_key, of_plan, stored)

    def respond(self, scope: RequestScope, protocol: HTTPProtocol, ahead: Ahead) -> None:
        """The answer for a stored event."""
        assert ahead.asked is not None
        [accepted] = ahead.asked.accepted
        content = msgspec.json.encode(shapes.accepted(accepted))
        headers = {
            **self._headers,
            **told([ahead.of_key, ahead.of_plan] if ahead.of_plan else [ahead.of_key]),
            HEADER: request_id_of(scope.headers.get("x-request-id")),
            "Content-Length": str(len(content)),
        }
        protocol.response_bytes(202, list(headers.items()), content)

    def observe(self, seconds: float) -> None:
        """One that was answered here, as Flask's requests are counted."""
        series(PATH, "POST", "2xx").observe(seconds)

    def _principal(self, scope: RequestScope, headers: dict[str, str]) -> Principal | None:
        """The key's holder, if the headers are the usual ones."""
        if headers.get("content-type", "").lower() not in JSON or "cookie" in headers:
            return None
        if not self._is_trusted(headers.get("host", scope.authority or "")):
            return None
        token = bearer_token(headers.get("authorization", ""))
        principal = kept_principal(self._database, token) if token else None
        return principal if principal and "events:write" in principal.scopes else None

    def _event(
        self, headers: dict[str, str], body: bytes, principal: Principal, trace: str | None
    ) -> Incoming | None:
        key = headers.get("idempotency-key")
        if key is not None and not is_usable(key, LONGEST_KEY):
            return None
        if hops_of(headers.get, self._parts.settings.user_agent):
            return None
        own = kept_names(principal.organisation_id)
        return parse_event(body.decode(), key, own, traceparent=trace)

    async def _counted(self, limit: Limit) -> Allowance:
        """Rarely Redis must be asked first; then a thread waits for it."""
        at_once = self._parts.rates.spend_at_once(limit.limits, 1, *limit.key)
        if at_once is not None:
            return at_once
        spend = partial(self._parts.rates.spend, limit.limits, 1, *limit.key)
        return await self._loop.run_in_executor(None, spend)

    async def _stored(
        self, principal: Principal, event: Incoming, selection: Selection
    ) -> IngestRequest:
        """The request with its result."""
        done = self._loop.create_future()
        mine = IngestRequest(principal.tenant, [event], selection=selection)
        mine.told = lambda: self._tell(done)
        self._parts.ingest.submit(mine)
        await done
        return mine

    async def _note_write(self, key_id: str) -> None:
        """As Flask's requests do, see `web.security`."""
        if self._parts.replica is not None and not self._parts.writes.is_noted(key_id):
            await self._loop.run_in_executor(None, self._parts.writes.note, key_id)

    def _tell(self, done: "asyncio.Future[None]") -> None:
        """Called by other threads. The loop is woken once for all that end together."""
        self._told.append(done)
        if len(self._told) == 1:
            with suppress(RuntimeError):  # the loop has ended, and nothing waits
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        while self._told:
            done = self._told.popleft()
            if not done.done():
                done.set_result(None)


def _headers(scope: RequestScope) -> dict[str, str] | None:
    """None if a header is repeated or cannot be read."""
    sent = dict(scope.headers.items())
    return sent if len(sent) == len(scope.headers) else None
