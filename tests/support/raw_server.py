"""A receiver that answers with any bytes that a test wants, and the transport that posts to it."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.lib.ssrf import Guard

TIMEOUT, CONNECT_TIMEOUT = 3.0, 2.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Serve = Callable[[socket.socket], None]


def transport(**more: Any) -> Transport:
    limits = {"timeout": TIMEOUT, "connect_timeout": CONNECT_TIMEOUT}
    guard = Guard.parse(["127.0.0.0/8"])
    return Transport(guard, now=lambda: datetime.now(UTC), **(limits | more))


def send(
    url: str,
    count: int = 1,
    timeout: float | None = None,
    pause: float = 0.0,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> list[Outcome]:
    async def run() -> list[Outcome]:
        outcomes = []
        async with transport(**more) as sending:
            for _ in range(count):
                message = WebhookMessage(url, headers or {}, b'{"a":1}', timeout)
                outcomes.append(await sending.send(message))
                await asyncio.sleep(pause)
        return outcomes

    return asyncio.run(run())


@contextmanager
def server(
    serve: Callable[..., None], context: ssl.SSLContext | None = None, with_request: bool = False
) -> Iterator[int]:
    """Calls `serve` with each connection, once its request has come, and perhaps with the request;
    the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) if context else connection as it:
                while request := it.recv(65536):
                    serve(*((it, request) if with_request else (it,)))
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def one(serve: Serve, timeout: float | None = None) -> tuple[Outcome, float]:
    with server(serve) as port:
        start = time.monotonic()
        [outcome] = send(f"http://127.0.0.1:{port}/hook", timeout=timeout)
        return outcome, time.monotonic() - start


def sends(*parts: bytes, pause: float = 0.0) -> Serve:
    def serve(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return serve
