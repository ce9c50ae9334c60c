"""A FastAPI or Starlette endpoint for a webhook."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hookline.receive.receiver import Receiver, Reply


def webhook(receiver: Receiver) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes an endpoint of a handler that takes the event. It reads the raw body itself.

    The handler can be `async` or not, and can have further parameters, such as `Depends`. The
    answer is 204, unless the handler returns another.

        @app.post("/hook")
        @webhook(receiver)
        async def hook(event): ...
    """

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        async def endpoint(request: Request, **values: Any) -> Any:
            reply = await _handle(receiver, request, handler, values)
            if reply.result is not None:
                return reply.result
            return _plain(reply)

        endpoint.__name__, endpoint.__doc__ = handler.__name__, handler.__doc__
        endpoint.__signature__ = _signature(handler)  # type: ignore[attr-defined]
        return endpoint

    return decorate


async def _handle(
    receiver: Receiver, request: Request, handler: Callable[..., Any], values: dict[str, Any]
) -> Reply:
    body = await _body(request, receiver.largest_body)
    if body is None:
        return Reply(413, "The body is too large.")
    reception = await run_in_threadpool(receiver.begin, request.headers.items(), body)
    if reception.reply is not None:
        return reception.reply
    try:
        if inspect.iscoroutinefunction(handler):
            result = await handler(reception.event, **values)
        else:
            result = await run_in_threadpool(handler, reception.event, **values)
        if inspect.isawaitable(result):  # of an object that is called
            result = await result
    except BaseException:
        reception.release()
        raise
    await run_in_threadpool(reception.end, result)
    return Reply(204, result=result)


async def _body(request: Request, largest: int) -> bytes | None:
    """None when it is larger; then the rest is not read."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > largest:
            return None
    return bytes(found)


def _signature(handler: Callable[..., Any]) -> inspect.Signature:
    """The handler's, with the request in place of the event: FastAPI reads it."""
    _, *rest = inspect.signature(handler, eval_str=True).parameters.values()
    request = inspect.Parameter(
        "request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request
    )
    named = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in rest]
    return inspect.Signature([request, *named])


def _plain(reply: Reply) -> Response:
    if reply.status == 204:
        return Response(status_code=204)
    return PlainTextResponse(reply.text, reply.status, reply.headers)
