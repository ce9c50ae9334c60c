"""The door of the web server, called as granian calls it, without a socket."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask

from webhooks_app.extensions import db
from webhooks_app.server.door import Door
from webhooks_app.server.events_door import EventsDoor

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    headers: Pairs = ()
    body: bytes = b""
    path: str = "/api/v1/events"
    method: str = "POST"
    query_string: str = ""


@dataclass
class Answered:
    """`by_flask` says whether it was answered in a thread."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    by_flask: bool = False


class Headers:
    """Like granian's: a value that is not ASCII counts, but is in no list."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    def items(self) -> Pairs:
        return [pair for pair in self._pairs if pair[1].isascii()]

    def keys(self) -> list[str]:
        return [name for name, _ in self._pairs]

    def get(self, name: str, default: str | None = None) -> str | None:
        return next((value for one, value in self.items() if one == name), default)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __len__(self) -> int:
        return len(self._pairs)


class Scope:
    proto, http_version, scheme = "http", "1.1", "http"
    authority, client, server = None, "127.0.0.1:50000", "127.0.0.1:80"

    def __init__(self, asked: Asked) -> None:
        self.method, self.path, self.query_string = asked.method, asked.path, asked.query_string
        self.headers = Headers((("content-length", str(len(asked.body))), *asked.headers))


class Protocol:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self.answered = Answered()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body

    def response_bytes(self, status: int, headers: Pairs, body: bytes) -> None:
        self.answered.status, self.answered.body = status, body
        self.answered.headers = {name.lower(): value for name, value in headers}
        assert len(self.answered.headers) == len(headers)


class Noting(Door):
    def _answer(self, scope: Any, protocol: Any, *more: Any) -> None:
        protocol.answered.by_flask = True
        super()._answer(scope, protocol, *more)


class Doors:
    """In `flask` Flask answers everything; `ours` has the door of events in front."""

    def __init__(self, app: Flask) -> None:
        self._loop = asyncio.new_event_loop()
        self.flask = Noting(app, 2)
        self.ours = Noting(app, 2, partial(EventsDoor, app))
        for door in (self.flask, self.ours):
            door.__rsgi_init__(self._loop)
            door._has_served = True  # there is no listener

    def ask(self, door: Door, *asked: Asked) -> list[Answered]:
        """All at the same time; the test holds no transaction that SQLite would wait for."""
        db.session.rollback()
        return self._loop.run_until_complete(self._all(door, asked))

    async def _all(self, door: Door, asked: Sequence[Asked]) -> list[Answered]:
        return list(await asyncio.gather(*(self._one(door, one) for one in asked)))

    async def _one(self, door: Door, asked: Asked) -> Answered:
        protocol = Protocol(asked.body)
        await door.__rsgi__(Scope(asked), protocol)  # type: ignore[arg-type]
        return protocol.answered
