"""A Flask view for a webhook."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, request

from hookline.receive.event import Event
from hookline.receive.receiver import Receiver, Reply


def webhook(receiver: Receiver) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a view of a handler that takes the event. It reads the raw body itself.

    The answer is 204, unless the handler returns another. Exempt the view from CSRF protection,
    if you have that.

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
                return handler(event, **values)

            return _answer(receiver.handle(request.headers.items(), request.get_data(), handle))

        return view

    return decorate


def _answer(reply: Reply) -> Any:
    if reply.result is not None:
        return reply.result
    return Response(reply.text, reply.status, mimetype="text/plain")
