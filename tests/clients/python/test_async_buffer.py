"""The buffer of the asynchronous client loses nothing silently, and has a bound."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import pytest

from hookline import (
    BufferClosed,
    BufferFull,
    ConnectionFailed,
    Hookline,
    Invalid,
    NotSent,
    Unsent,
    _batches,
    async_buffer,
)
from hookline.aio import AsyncHookline
from tests.clients.python.test_buffer import partly
from tests.clients.python.test_retries import KEY, answering, problem, url_of
from tests.support.receiver import Answer, Received, Receiver

STORED = Answer(202, {"Content-Type": "application/json"}, b'{"events":[]}')


@pytest.fixture
def server() -> Iterator[Receiver]:
    with Receiver(answering(STORED)) as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batches, "FOREVER", replace(_batches.FOREVER, first=0.01, longest=0.05))


def numbers(server: Receiver) -> list[list[int]]:
    """Of the events of each request."""
    return [
        [event["data"]["number"] for event in json.loads(one.body)["events"]]
        for one in server.received
    ]


def of(failed: Sequence[Unsent]) -> list[int]:
    return [one.body["data"]["number"] for one in failed]


def test_the_product_stores_everything_once_and_refused_events_come_back(
    hookline: Hookline,
) -> None:
    place = hookline.connection

    async def main() -> list[int]:
        async with AsyncHookline(place.api_key, place.url) as client:
            buffer = client.events.buffer(batch=40)

            async def send(number: int) -> None:
                kind = "lead.caught" if number in (3, 77) else "lead.captured"
                await buffer.send(kind, {"number": number}, id=f"n{number}")

            await asyncio.gather(*(send(number) for number in range(100)))
            with pytest.raises(NotSent) as raised:
                await buffer.flush()
            assert len(buffer) == 0
            assert {type(one.error) for one in raised.value.events} == {Invalid}
            await buffer.close()  # each failure is raised once
            return sorted(of(raised.value.events))

    assert asyncio.run(main()) == [3, 77]
    stored = {one.own_id for one in hookline.events.list(page_size=100)}
    assert stored == {f"n{number}" for number in range(100)} - {"n3", "n77"}


def test_an_outage_is_waited_for_with_the_same_key(server: Receiver) -> None:
    away = problem(503, "unavailable", **{"Retry-After": "0"})
    server.answer = answering(away, Answer(502, {}, b"bad gateway"), STORED)

    async def main() -> None:
        async with (
            AsyncHookline(KEY, url_of(server)) as client,
            client.events.buffer(batch=3, delay=3600) as buffer,
        ):
            for number in range(4):
                await buffer.send("x", {"number": number})

    asyncio.run(main())
    assert numbers(server) == [[0, 1, 2]] * 3 + [[3]]  # closing does not wait for the delay
    assert len({one.headers["idempotency-key"] for one in server.received}) == 2


def test_a_full_buffer_waits_and_closing_gives_up_in_time(server: Receiver) -> None:
    release = threading.Event()

    def wait(request: Received) -> Answer:
        release.wait(60)
        return STORED

    server.answer = wait
    failed: list[Unsent] = []

    async def keep(events: Sequence[Unsent]) -> None:
        await asyncio.sleep(0)
        failed.extend(events)

    async def main() -> None:
        async with AsyncHookline(KEY, url_of(server)) as client:
            buffer = client.events.buffer(batch=2, delay=0, room=4, on_failure=keep)
            for number in range(4):
                await buffer.send("x", {"number": number})
            with pytest.raises(BufferFull, match="4 events"):
                await buffer.send("x", {"number": 99}, timeout=0.05)
            with pytest.raises(TimeoutError):
                await buffer.flush(0.05)
            await buffer.close(0.1)
            assert len(buffer) == 0
            with pytest.raises(BufferClosed):
                await buffer.send("x", {})

    try:
        asyncio.run(main())
    finally:
        release.set()
    assert of(failed) == [0, 1, 2, 3]


def test_failures_never_pile_up(server: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    server.answer = answering(problem(401, "unauthorized"))

    async def main() -> list[int]:
        async with AsyncHookline(KEY, url_of(server)) as client:
            buffer = client.events.buffer(batch=2, delay=0, room=4)

            async def send_all() -> None:
                for number in range(100):
                    await buffer.send("x", {"number": number})

            with pytest.raises(NotSent) as raised:
                await send_all()
            await buffer.send("x", {"number": 7})  # there is room again
            with pytest.raises(NotSent):
                await buffer.close()
            return of(raised.value.events)

    got = asyncio.run(main())
    assert 0 < len(got) <= 4
    assert "were not stored; the first: " in caplog.text
    assert KEY not in caplog.text


def test_the_end_of_the_loop_reports_what_still_waits(
    server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[Unsent] = []

    async def main() -> None:
        client = AsyncHookline(KEY, url_of(server))
        buffer = client.events.buffer(delay=3600, on_failure=failed.extend)
        for number in range(3):
            await buffer.send("x", {"number": number})
        await asyncio.sleep(0)

    asyncio.run(main())
    assert of(failed) == [0, 1, 2]
    assert "3 events were not stored" in caplog.text
    assert [*chain(*numbers(server))] == []


def test_closing_while_on_failure_runs_loses_nothing(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_buffer, "GRACE", 60)
    server.answer = answering(problem(401, "unauthorized"))
    failed: list[Unsent] = []

    async def main() -> None:
        began, goes_on = asyncio.Event(), asyncio.Event()

        async def keep(events: Sequence[Unsent]) -> None:
            began.set()
            await goes_on.wait()
            failed.extend(events)

        async with AsyncHookline(KEY, url_of(server)) as client:
            buffer = client.events.buffer(batch=2, delay=3600, on_failure=keep)
            for number in range(3):
                await buffer.send("x", {"number": number})
            await began.wait()
            closing = asyncio.create_task(buffer.close(0))
            assert buffer._task is not None
            while not buffer._task.cancelling():
                await asyncio.sleep(0.01)
            goes_on.set()
            await closing
            assert len(buffer) == 0
            await buffer.flush(60)

    asyncio.run(main())
    assert of(failed) == [0, 1, 2]


async def _never_ends(events: Sequence[Unsent]) -> None:
    await asyncio.Event().wait()


def test_closing_does_not_wait_for_an_on_failure_that_never_ends(
    server: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(async_buffer, "GRACE", 0.05)
    server.answer = answering(problem(401, "unauthorized"))

    async def main() -> list[int]:
        began = asyncio.Event()

        async def keep(events: Sequence[Unsent]) -> None:
            began.set()
            await _never_ends(events)

        async with AsyncHookline(KEY, url_of(server)) as client:
            buffer = client.events.buffer(batch=2, delay=0, on_failure=keep)
            for number in range(3):
                await buffer.send("x", {"number": number})
            await began.wait()
            with pytest.raises(NotSent) as raised:
                await buffer.close(0.05)
            assert len(buffer) == 0
            return of(raised.value.events)

    assert asyncio.run(main()) == [0, 1, 2]
    assert "on_failure was cut off" in caplog.text


def test_an_on_failure_that_the_end_of_the_loop_cuts_off_is_logged(
    server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = answering(problem(401, "unauthorized"))

    async def main() -> None:
        began = asyncio.Event()

        async def keep(events: Sequence[Unsent]) -> None:
            began.set()
            await _never_ends(events)

        async with AsyncHookline(KEY, url_of(server)) as client:
            await client.events.buffer(batch=1, on_failure=keep).send("x", {"number": 1})
            await began.wait()

    asyncio.run(main())
    assert "on_failure was cut off; 1 events were not stored" in caplog.text


def test_giving_up_hands_back_only_what_has_no_result_and_says_why(server: Receiver) -> None:
    stops, release = threading.Event(), threading.Event()
    server.answer = lambda request: partly(request, stops, release)
    failed: list[Unsent] = []

    async def main() -> None:
        async with AsyncHookline(KEY, url_of(server)) as client:
            buffer = client.events.buffer(batch=4, delay=3600, on_failure=failed.extend)
            for number in range(4):
                await buffer.send("x", {"number": number})
            assert await asyncio.to_thread(stops.wait, 60)
            await buffer.close(0)

    try:
        asyncio.run(main())
    finally:
        release.set()
    assert of(failed) == [0, 2, 3]
    assert [type(one.error) for one in failed] == [Invalid, ConnectionFailed, ConnectionFailed]
