"""A Django view for a webhook."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hookline.receive.event import Event
from hookline.receive.receiver import Receiver, Reply


def webhook(receiver: Receiver) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a view of a handler that takes the event. It reads the raw body itself.

    The handler may be `async`. The answer is 204, unless the handler returns another.
    The view takes POST only and needs no CSRF token: the signature proves more.

        @webhook(receiver)
        def hook(event): ...

        urlpatterns = [path("hook", hook)]
    """

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        call = async_to_sync(handler) if iscoroutinefunction(handler) else handler

        @wraps(handler)
        def view(request: HttpRequest, *args: Any, **values: Any) -> Any:
            if int(request.headers.get("Content-Length") or 0) > receiver.largest_body:
                return _answer(Reply(413, "The body is too large."))

            def handle(event: Event) -> Any:
                return call(event, *args, **values)

            return _answer(receiver.handle(request.headers.items(), request.body, handle))

        guarded: Callable[..., Any] = csrf_exempt(require_POST(view))
        return guarded

    return decorate


def _answer(reply: Reply) -> Any:
    if reply.result is not None:
        return reply.result
    return HttpResponse(
        reply.text, status=reply.status, content_type="text/plain", headers=dict(reply.headers)
    )
