"""The engine: an event loop that claims, sends and records at the same time.

It lives as long as its worker process, in its own thread, so that connections stay open and slow
answers can arrive between RQ jobs. A job wakes it and waits until nothing more is due.

    wake ─▶ claim (a thread) ─▶ send (tasks, one a delivery) ─▶ Recorder (a thread)
              ▲                        │ slots come free
              └────────────────────────┘
"""

import asyncio
import gc
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
import uvloop
from sqlalchemy import Engine as Database

from webhooks_app.channels.contract import Channel, Claimed, Tried
from webhooks_app.channels.outcome import Outcome, unsent
from webhooks_app.engine import spans
from webhooks_app.engine.claim import anything_due, claim_and_promote
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.engine.endpoints import Endpoints, Kept, ReadSpec
from webhooks_app.engine.floors import Floors
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.engine.in_flight_budget import InFlightBudget
from webhooks_app.engine.rate_limiter import held
from webhooks_app.engine.record import Result
from webhooks_app.engine.recorder import Recorder
from webhooks_app.engine.retry import decide
from webhooks_app.lib import metrics, pulse
from webhooks_app.lib.errors import log_failure
from webhooks_app.lib.times import utcnow

# A claim costs about as much for one delivery as for many. The more come, the longer they gather.
PACE = 0.005
QUICK_PACE = 0.001
FEW = 4
POLL = 0.05


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What an engine works with.

    `channels` are by the name that subscriptions use. `call_for_help` asks for a second worker; it
    may block.
    """

    database: Database
    channels: Mapping[str, Channel]
    read: ReadSpec
    lease: timedelta
    max_in_flight: int
    call_for_help: Callable[[], None]


class Engine:
    """Start it once, `drain` it any number of times, `stop` it once. Threads may share it.

    With `look_every` it also looks for work by itself, about that many seconds after it was last
    woken.
    """

    def __init__(self, parts: EngineParts, look_every: float | None = None) -> None:
        self._parts = parts
        self._look_every = look_every
        self._endpoints = Endpoints(parts.database, parts.channels, parts.read)
        self._threads = ThreadPoolExecutor(1, "claim")
        self._budget = InFlightBudget(parts.max_in_flight)
        self._change = asyncio.Event()
        self._recorder = Recorder(parts.database, stored=self._on_stored)
        self._heartbeat = Heartbeat(parts.database, busy=lambda: self.busy, freed=self._on_freed)
        self._in_flight: set[asyncio.Task[None]] = set()
        self._floors = Floors()
        self._after = ""
        self._not_before = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._stopping = False
        self._waiting: list[Future[None]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    # From other threads

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        return self._stopping

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    @property
    def busy(self) -> bool:
        """Whether something is in flight or not yet recorded."""
        return bool(self._in_flight or self._recorder.backlog)

    def drain(self, seconds: float) -> bool:
        """Claim until nothing is left to claim; False if more was left after `seconds`, or on stop.

        Requests to slow endpoints continue after it returns.
        """
        quiet: Future[None] = Future()
        try:
            self._loop.call_soon_threadsafe(self._enlist, quiet)
            quiet.result(seconds)
        except (TimeoutError, RuntimeError):  # uvloop raises this for a loop that has ended
            return False
        return True

    def stop_soon(self) -> None:
        """Stop claiming, but finish and record what is in flight. Returns at once."""
        if self._ready.is_set() and self.alive:
            with suppress(RuntimeError):  # uvloop raises this for a loop that has ended
                self._loop.call_soon_threadsafe(self._begin_to_stop)

    def stop(self) -> None:
        """`stop_soon`, and wait for it."""
        self.stop_soon()
        self._thread.join()

    # On the event loop

    def _run(self) -> None:
        _tune_interpreter()
        is_clean = False
        try:
            uvloop.run(self._main())
            is_clean = True
        except Exception:
            log.exception("engine died")
        finally:
            self._heartbeat.stop(is_clean=is_clean)
            self._ready.set()
            self._tell_waiting()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        async with AsyncExitStack() as opened:
            for channel in self._parts.channels.values():
                await opened.enter_async_context(channel)
            recording = asyncio.create_task(self._recorder.run())
            recording.add_done_callback(lambda _: self._begin_to_stop())
            living = asyncio.create_task(_live())
            self._heartbeat.start()
            self._ready.set()
            while not self._stopping:
                await self._wait_to_wake()
                self._wake.clear()
                await self._claim_all()
                await self._wake_for_held()
                if not self._wake.is_set():
                    self._tell_waiting()
            self._tell_waiting()
            await self._finish(recording)
            living.cancel()

    async def _wait_to_wake(self) -> None:
        """Wait until it is woken, or sees by itself that something is due.

        A slow check runs less often.
        """
        took, is_due = 0.0, False
        while not (is_due or self._wake.is_set()):
            try:
                await asyncio.wait_for(self._wake.wait(), self._pause(took))
            except TimeoutError:
                began = self._loop.time()
                is_due = await self._loop.run_in_executor(self._threads, self._anything_due)
                took = self._loop.time() - began

    def _pause(self, last_took: float) -> float | None:
        if self._look_every is None:
            return None
        return max(self._look_every, 20 * last_took) * random.uniform(0.7, 1.3)  # noqa: S311

    def _anything_due(self) -> bool:
        try:
            return anything_due(self._parts.database, self._floors)
        except Exception as error:
            log_failure(log, "not looked", error)
            return False

    async def _finish(self, recording: asyncio.Task[None]) -> None:
        while self._in_flight:
            await asyncio.wait(self._in_flight)
        self._recorder.stop()
        await recording

    def _begin_to_stop(self) -> None:
        self._stopping = True
        self._change.set()
        self._wake.set()

    def _enlist(self, quiet: Future[None]) -> None:
        self._waiting.append(quiet)
        self._wake.set()

    def _tell_waiting(self) -> None:
        """Tell waiting jobs that nothing was left to claim, if the walk began after they asked."""
        for quiet in self._waiting:
            quiet.set_result(None)
        self._waiting.clear()

    async def _claim_all(self) -> None:
        """Claim until a full walk over the subscriptions leaves nothing to take."""
        while not self._stopping:
            self._change.clear()
            most, over_budget = self._budget_left()
            if most < self._budget.least:
                await self._change.wait()
                continue
            await asyncio.sleep(max(0.0, self._not_before - self._loop.time()))
            request = self._request(most, over_budget)
            claimed, has_promoted = await self._claim(request)
            for one in claimed:
                self._start(one)
            metrics.IN_FLIGHT.set(len(self._in_flight))
            if not over_budget:
                if not (claimed or has_promoted or self._after):
                    return
                full = len(claimed) == most
                self._after = max(one.subscription_id for one in claimed) if full else ""
                if not (has_promoted or request.after or request.may_have_left_some(claimed)):
                    pace = QUICK_PACE if len(claimed) < FEW else PACE
                    self._not_before = self._loop.time() + pace
                    return
            if over_budget and not claimed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._change.wait(), POLL)
            elif len(claimed) < most:
                await asyncio.sleep(PACE)

    async def _wake_for_held(self) -> None:
        """Rate limits may hold due deliveries back: continue when the first limit allows more.

        If this engine dies before that, the beat sees that they are due.
        """
        limited = self._endpoints.limited()
        if self._stopping or not limited:
            return
        asked = self._loop.run_in_executor(self._threads, held, self._parts.database, limited)
        try:
            seconds = min((await asked).values(), default=None)
        except Exception as error:
            log_failure(log, "limits not read", error)
            return
        if seconds is not None:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_later(max(POLL, seconds), self._wake.set)

    def _on_freed(self) -> None:
        """Called in the thread of the heartbeat."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._wake.set)

    def _on_stored(self) -> None:
        metrics.IN_FLIGHT.set(len(self._in_flight))
        self._change.set()

    def _budget_left(self) -> tuple[int, list[str]]:
        """Do not claim while results cannot be stored.

        The claim could take those same deliveries.
        """
        recorder = self._recorder
        if recorder.stuck or recorder.backlog > self._parts.max_in_flight:
            return 0, []
        return self._budget.left()

    def _request(self, most: int, over_budget: list[str]) -> ClaimRequest:
        return ClaimRequest(
            limit=most,
            free=self._endpoints.free_slots(),
            over_budget=over_budget,
            # The full walk continues later: this one serves the few that may use the reserve.
            after="" if over_budget else self._after,
            heartbeat=self._heartbeat,
            floors=self._floors,
        )

    async def _claim(self, request: ClaimRequest) -> tuple[list[Claimed], bool]:
        try:
            claimed, has_promoted = await self._loop.run_in_executor(
                self._threads, self._claim_now, request
            )
        except Exception as error:
            log_failure(log, "claim failed", error)
            return [], False
        if len(claimed) == request.limit:
            self._loop.run_in_executor(None, self._parts.call_for_help)
        return claimed, has_promoted

    def _claim_now(self, request: ClaimRequest) -> tuple[list[Claimed], bool]:
        began = time.perf_counter()
        claimed, has_promoted = claim_and_promote(self._parts.database, request, self._parts.lease)
        seconds = time.perf_counter() - began
        metrics.CLAIM_SECONDS.observe(seconds)
        metrics.CLAIMED.inc(len(claimed))
        spans.claimed(claimed, seconds)
        self._endpoints.refresh(claimed)
        return claimed, has_promoted

    def _start(self, claimed: Claimed) -> None:
        kept = self._endpoints[claimed.subscription_id]
        kept.window.acquire()
        self._budget.take(claimed)
        # It had as many due as slots, so there may be more when a slot is free.
        kept.has_more = kept.window.free == 0
        task = self._loop.create_task(self._deliver(kept, claimed))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _deliver(self, kept: Kept, claimed: Claimed) -> None:
        try:
            if claimed.traceparent is None:
                tried = await kept.endpoint.attempt(claimed)
            else:
                tried = await spans.attempt(kept.endpoint, claimed)
        except Exception as error:
            log.exception("a channel raised", delivery=claimed.delivery_id)
            tried = Tried("", unsent(f"Not sent: {type(error).__name__}", utcnow()))
        finally:
            kept.window.release()
            self._budget.give_back(claimed)
        self._learn(kept, tried.outcome)
        rng = random.random()  # noqa: S311
        retry_in = decide(kept.endpoint.policy, claimed, tried.outcome, rng)
        self._recorder.add(Result(claimed, tried, retry_in))

    def _learn(self, kept: Kept, outcome: Outcome) -> None:
        if outcome.answered:
            kept.window.succeeded()
        else:
            kept.window.failed()
        if kept.has_more:
            self._wake.set()


async def _live() -> None:
    """Give signs of life as long as the event loop turns."""
    while True:
        pulse.beat()
        await asyncio.sleep(pulse.EVERY)


def _tune_interpreter() -> None:
    """Tune Python for thousands of requests in flight.

    They make each full garbage collection long for little gain. And the threads that claim and
    record wait for the busy loop to release the interpreter.
    """
    sys.setswitchinterval(0.001)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
