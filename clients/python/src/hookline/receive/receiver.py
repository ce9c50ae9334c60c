"""A receiver: verifies requests, and handles each delivery once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from uuid import uuid4

from hookline.receive.event import Event
from hookline.receive.signatures import BadSignature
from hookline.receive.stores import State, Store
from hookline.receive.verify import TOLERANCE, AnyHeaders, verify

LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """What the sender gets. `result` is what the handler returned."""

    status: int
    text: str = ""
    result: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Reception:
    """A request that was looked at. With a `reply` there is nothing left to do."""

    def __init__(
        self, event: Event | None, reply: Reply | None, store: Store | None, token: str = ""
    ) -> None:
        self._event, self.reply, self._store, self._token = event, reply, store, token

    @property
    def event(self) -> Event:
        assert self._event is not None
        return self._event

    def end(self, result: Any) -> None:
        """The handler returned that: an answer of 400 or more means that it failed."""
        status = getattr(result, "status_code", getattr(result, "status", None))
        if isinstance(status, int) and status >= 400:
            self.release()
        else:
            self.finish()

    def finish(self) -> None:
        """It was handled: repeats are answered with 200 and not handled again."""
        if self._store is not None:
            self._store.finish(self.event.delivery_id, self._token)

    def release(self) -> None:
        """It failed: the next attempt is handled again."""
        if self._store is not None:
            self._store.release(self.event.delivery_id, self._token)


class Receiver:
    """`secret` is the secret of the webhook, or several while it rotates.

    With a `store`, each delivery is handled once: a repeat of a handled one gets 200 at once, and
    a repeat of one that is being handled gets 503, so that it is sent again once the store's lease
    has ended. Give the `wire_format` to take no other.
    """

    def __init__(
        self,
        secret: str | Sequence[str],
        *,
        store: Store | None = None,
        wire_format: str | None = None,
        tolerance: float = TOLERANCE,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        if not secret:
            raise ValueError("A receiver needs the secret of its webhook.")
        self._secret, self._store = secret, store
        self._wire_format, self._tolerance = wire_format, tolerance
        self.largest_body = largest_body

    def verify(self, headers: AnyHeaders, body: bytes) -> Event:
        """Raises BadSignature."""
        return verify(
            self._secret,
            headers,
            body,
            wire_format=self._wire_format,
            tolerance=self._tolerance,
        )

    def begin(self, headers: AnyHeaders, body: bytes) -> Reception:
        """Verifies a request and claims its delivery. Finish or release what has no reply."""
        if len(body) > self.largest_body:
            return Reception(None, Reply(413, "The body is too large."), None)
        try:
            event = self.verify(headers, body)
        except BadSignature as error:
            return Reception(None, Reply(400, str(error)), None)
        if self._store is None:
            return Reception(event, None, None)
        token = str(uuid4())
        state = self._store.claim(event.delivery_id, token)
        later = {"Retry-After": str(ceil(self._store.lease))}
        replies = {
            State.DONE: Reply(200, "It was handled before."),
            State.BUSY: Reply(503, "It is being handled.", headers=later),
        }
        return Reception(event, replies.get(state), self._store, token)

    def handle(self, headers: AnyHeaders, body: bytes, handler: Callable[[Event], Any]) -> Reply:
        """Verifies a request and passes its event to the handler, once for each delivery.

        What the handler raises is raised again, and the next attempt calls it again. So does one
        that returns an answer, something with a `status` or `status_code`, of 400 or more.
        TypeError for an `async` handler.
        """
        reception = self.begin(headers, body)
        if reception.reply is not None:
            return reception.reply
        try:
            result = handler(reception.event)
            if inspect.iscoroutine(result):
                result.close()
                raise TypeError("The handler is async: nobody waits for it here.")
        except BaseException:
            reception.release()
            raise
        reception.end(result)
        return Reply(204, result=result)
