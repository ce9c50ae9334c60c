"""The client for programs that wait for each answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import requests

from hookline._answer import Answer
from hookline._call import Call
from hookline._retry import RetryPolicy
from hookline._transport import Transport
from hookline.events import EventsResource
from hookline.resources import Api
from hookline.settings import connection

API = "/api/v1"


class Hookline(Api):
    """`Hookline()` takes the key from `HOOKLINE_API_KEY`, or from a saved profile.

    One client can be used by many threads. `timeout` is how many seconds an answer may take.
    `retries` is how often a request is sent again when no answer came, or one that says to try
    later. `mode` refuses a key of the other mode.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        profile: str | None = None,
        mode: str | None = None,
        timeout: float = 30,
        retries: int = RetryPolicy.retries,
        session: requests.Session | None = None,
    ) -> None:
        self.connection = connection(api_key, base_url, profile, mode)
        retry = RetryPolicy(retries)
        url = self.connection.url + API
        self._sender = Transport(url, self.connection.api_key, timeout, retry, session)
        super().__init__(self._sender)

    @cached_property
    def events(self) -> EventsResource:
        """What happened, reported by your backend."""
        return EventsResource(self._transport)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float = 0,
    ) -> Any:
        """The JSON of any request below `/api/v1`, also of one that this version does not know.

        `wait` is how many seconds the server may take beyond the timeout.
        """
        return self._sender.send(Call(method, path, query or {}, body, headers or {}, wait)).json()

    def answer(self, call: Call) -> Answer:
        """The same as `request`, with status and headers."""
        return self._sender.send(call)

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Hookline({self.connection.url!r}, mode={self.connection.mode!r})"
