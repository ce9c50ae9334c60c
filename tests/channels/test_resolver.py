"""Name look-ups with a real name server on loopback that does not answer for some names."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.raw_server import OK, sends, server, transport
from tests.support.servers import PATIENCE
from webhooks_app.channels.webhook.failures import RequestNotSent
from webhooks_app.channels.webhook.message import WebhookMessage
from webhooks_app.channels.webhook.resolver import AsyncResolver
from webhooks_app.vocabulary import Failure


class NameServer:
    """`*.dead.test` gets no answer, `*.none.test` no useful one; all other names are 127.0.0.1."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            name, kind, end = _question(query)
            self.asked.append(name)
            if name.endswith("dead.test"):
                continue
            self._socket.sendto(_answer(query, name, kind, end), client)

    def close(self) -> None:
        self._socket.close()


def _question(query: bytes) -> tuple[str, int, int]:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    (kind,) = struct.unpack("!H", query[at + 1 : at + 3])
    return ".".join(labels), kind, at + 5


def _answer(query: bytes, name: str, kind: int, end: int) -> bytes:
    """RFC 1035 §4.1: NXDOMAIN, one A record, or no record for other types."""
    exists = not name.endswith("none.test")
    found = exists and kind == 1
    flags = 0x8180 if exists else 0x8183
    header = query[:2] + struct.pack("!HHHHH", flags, 1, int(found), 0, 0)
    record = struct.pack("!HHHIH4B", 0xC00C, 1, 1, 60, 4, 127, 0, 0, 1) if found else b""
    return header + query[12:end] + record


@pytest.fixture
def names() -> Iterator[NameServer]:
    names = NameServer()
    yield names
    names.close()


DEAD = 1.8  # shorter than the resolver waits


def resolver(names: NameServer) -> AsyncResolver:
    return AsyncResolver([names.address])


def test_a_name_server_that_is_dead_for_some_holds_up_nobody_else(names: NameServer) -> None:
    """The event loop is not delayed either, and a dead name fails at its deadline."""

    async def run() -> tuple[float, list[BaseException | None]]:
        slowest, ours = 0.0, resolver(names)

        async def watch() -> None:
            nonlocal slowest
            while True:
                before = time.perf_counter()
                await asyncio.sleep(0.01)
                slowest = max(slowest, time.perf_counter() - before)

        watching = asyncio.create_task(watch())
        dead = [
            asyncio.create_task(_error(ours.addresses(f"n{n}.dead.test", DEAD))) for n in range(100)
        ]
        await asyncio.sleep(0.1)
        for n in range(20):
            assert await ours.addresses(f"n{n}.live.test", DEAD) == ["127.0.0.1"]
        assert not any(one.done() for one in dead)
        errors = await asyncio.gather(*dead)
        watching.cancel()
        await ours.close()
        return slowest, errors

    slowest, errors = asyncio.run(run())
    assert slowest < DEAD
    assert all(isinstance(error, RequestNotSent) for error in errors)
    assert {error.failure for error in errors if isinstance(error, RequestNotSent)} == {Failure.DNS}
    assert "n0.dead.test could not be resolved: " in str(errors[0])


async def _error(asked: object) -> BaseException | None:
    try:
        await asked  # type: ignore[misc]
    except RequestNotSent as error:
        return error
    return None


def test_a_name_is_asked_for_once_and_kept_for_a_while(names: NameServer) -> None:
    async def run() -> None:
        ours = resolver(names)
        await asyncio.gather(*(ours.addresses("a.live.test", PATIENCE) for _ in range(50)))
        await ours.addresses("a.live.test", PATIENCE)
        await ours.close()

    asyncio.run(run())
    assert names.asked.count("a.live.test") <= 2, "for IPv4 and IPv6"


def test_a_name_that_was_not_found_is_asked_for_again(names: NameServer) -> None:
    async def run() -> list[BaseException | None]:
        ours = resolver(names)
        errors = [await _error(ours.addresses("a.none.test", PATIENCE)) for _ in range(2)]
        await ours.close()
        return errors

    errors = asyncio.run(run())
    assert {str(error) for error in errors} == {
        "The name a.none.test could not be resolved: the name does not exist"
    }
    assert names.asked.count("a.none.test") >= 2


def test_the_deadline_of_connecting_covers_the_look_up(names: NameServer) -> None:
    async def run(name: str, within: float) -> tuple[Failure | None, float]:
        limits = {"connect_timeout": within, "timeout": PATIENCE}
        made = transport(**limits, resolver=lambda: resolver(names))
        async with made as sending:
            outcome = await sending.send(WebhookMessage(f"http://{name}:{port}/", {}, b"{}"))
        return outcome.failure, outcome.duration

    with server(sends(OK)) as port:
        assert asyncio.run(run("a.live.test", PATIENCE))[0] is None
        failure, duration = asyncio.run(run("a.dead.test", 0.3))
    assert failure is Failure.DNS
    assert 0.3 <= duration < PATIENCE
