"""A Flask view for a webhook."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, request

from hookline.receive.event import Event
from hookline.receive.receiver import Receiver, Reply


def webhook(receiver: Receiver) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a view of a handler that takes the event. It reads the raw body itself.

    The handler may be `async`. The answer is 204, unless the handler returns another.
    Exempt the view from CSRF protection, if you have that.

        @app.post("/hook")
        @webhook(receiver)
        def hook(event): ...
    """

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(handler)
        def view(**values: Any) -> Any:
            if (request.content_length or 0) > receiver.largest_body:
                return _answer(Reply(413, "The body is too large."))

            def handle(event: Event) -> Any:
                result = current_app.ensure_sync(handler)(event, **values)
                return None if result is None else current_app.make_response(result)

            body = _body(receiver.largest_body)
            return _answer(receiver.handle(request.headers.items(), body, handle))

        return view

    return decorate


def _body(largest: int) -> bytes:
    """Of one that does not say its length, no more than needed to see that it is too large."""
    if request.content_length is None:
        return request.stream.read(largest + 1)
    return request.get_data()


def _answer(reply: Reply) -> Any:
    if reply.result is not None:
        return reply.result
    return Response(reply.text, reply.status, reply.headers, mimetype="text/plain")
