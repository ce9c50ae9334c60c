"""Real deliveries to real servers, and ways to tamper with them."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tests.channels.test_formats import DELIVERY, EVENT
from tests.support.servers import free_port, wait_until
from webhooks_app.channels.webhook.formats import FORMATS, wire_format
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.signatures import generate_secret
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.lib.ssrf import Guard

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED = [name for name, format_ in FORMATS.items() if format_.signature_header]
TIMED = ["standard", "pivotal", "stripe", "svix", "cloudevents"]
BOTH_SECRETS = ["standard", "stripe", "svix", "cloudevents"]
MOST_BYTES = msgspec.structs.replace(EVENT, data=b'{"text":"' + "löw€😀".encode() * 5000 + b'"}')


def request_of(
    name: str, *secrets: str, event: object = EVENT, at: int | None = None
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a delivery that is sent now, or was `at`."""
    assert isinstance(event, type(EVENT))
    body = wire_format(name).envelope(event)
    now = int(time.time()) if at is None else at
    return wire_format(name).headers(secrets or (SECRET,), DELIVERY, now, body, event), body


def send(url: str, headers: dict[str, str], body: bytes) -> int | None:
    """The status that the transport of the engine was answered with."""

    async def run() -> int | None:
        transport = Transport(
            Guard.parse(["127.0.0.0/8"]),
            timeout=60,
            connect_timeout=30,
            now=lambda: datetime.now(UTC),
        )
        async with transport as sending:
            message = WebhookMessage(url, headers, body)
            return (await sending.send(message)).status_code

    return asyncio.run(run())


def check(name: str, url: str, *, refused: Sequence[int], timed: bool) -> None:
    """The receiver at `url` accepts what is signed with `SECRET`, and rejects what was changed."""
    header = _sent_as(name)
    headers, body = request_of(name)
    assert send(url, headers, body) in (200, 204)
    assert send(url, *request_of(name, event=MOST_BYTES)) in (200, 204)
    assert send(url, headers, body.replace(b"Ada", b"Eva")) in refused
    assert send(url, headers, body + b" ") in refused
    assert send(url, headers | {header: _changed(headers[header])}, body) in refused
    assert send(url, *request_of(name, generate_secret())) in refused
    if timed:
        for at in (int(time.time()) - 400, int(time.time()) + 400):
            assert send(url, *request_of(name, at=at)) in refused


def check_what_is_malformed(name: str, url: str, *, refused: Sequence[int]) -> None:
    header = _sent_as(name)
    headers, body = request_of(name)
    for value in ("", "x", headers[header][:-1], "v1,t=,sig=", "t=,v1=", "v1,", "\u00e9"):
        assert send(url, headers | {header: value}, body) in refused
    del headers[header]
    assert send(url, headers, body) in refused


def check_rotation(name: str, url: str) -> None:
    assert send(url, *request_of(name, generate_secret(), SECRET)) in (200, 204)
    assert send(url, *request_of(name, SECRET, generate_secret())) in (200, 204)


@contextmanager
def serving(folder: Path, source: str, file: str, command: Sequence[str]) -> Iterator[str]:
    """The URL, without a path, of a server run from `source`.

    Its port 8080 or 3000 is replaced by a free one.
    """
    port = free_port()
    source = source.replace("8080", str(port)).replace("3000", str(port))
    (folder / file).write_text(source)
    process = subprocess.Popen(
        [part.replace("PORT", str(port)) for part in command],
        cwd=folder,
        env={**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=(folder / "errors").open("wb"),
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is not None or send(url, {}, b"") is not None, 300)
        assert process.poll() is None, (folder / "errors").read_text()
        yield url
    finally:
        # `go run` starts the receiver as a child of its own.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _sent_as(name: str) -> str:
    headers, _ = request_of(name)
    return next(one for one in headers if one.lower() == FORMATS[name].signature_header)


def _changed(value: str) -> str:
    """Another signature of the same length and alphabet."""
    at = -5
    return value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1 :]
