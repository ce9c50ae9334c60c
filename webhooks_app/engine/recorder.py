"""Record results beside the event loop, each batch being what came in during the last write."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog
from sqlalchemy import Engine

from webhooks_app.engine import spans
from webhooks_app.engine.record import Result, record_result, record_results
from webhooks_app.lib import metrics
from webhooks_app.lib.errors import DATABASE_AWAY, reason_of
from webhooks_app.vocabulary import Trigger

LINGER = 0.005
BATCH = 500
LONGEST_PAUSE = 2.0

log = structlog.get_logger(__name__)


class Recorder:
    """Keeps results until they are stored, even while SQL is away, then calls `stored`.

    `backlog` counts results that are not stored yet.
    """

    def __init__(self, database: Engine, stored: Callable[[], None]) -> None:
        self._database = database
        self._stored = stored
        self._thread = ThreadPoolExecutor(1, "record")
        self._results: list[Result] = []
        self._some = asyncio.Event()
        self._stopping = False
        self.backlog = 0
        self.stuck = False

    def add(self, result: Result) -> None:
        self._results.append(result)
        self.backlog += 1
        self._some.set()

    def stop(self) -> None:
        """End `run` once everything is stored."""
        self._stopping = True
        self._some.set()

    async def run(self) -> None:
        while not (self._stopping and not self._results):
            await self._some.wait()
            if not self._stopping:
                await asyncio.sleep(LINGER)
            batch, self._results = self._results[:BATCH], self._results[BATCH:]
            if not self._results and not self._stopping:
                self._some.clear()
            if batch:
                await self._store(batch)
                self.backlog -= len(batch)
                metrics.UNRECORDED.set(self.backlog)
                self._stored()

    async def _store(self, batch: list[Result]) -> None:
        try:
            seconds = await self._insist(record_results, batch)
        except Exception:
            log.exception("cannot record a batch; recording one by one")
            for result in batch:
                await self._store_one(result)
        else:
            count(batch)
            spans.recorded(batch, seconds)

    async def _store_one(self, result: Result) -> None:
        """A result that still cannot be stored is sent again when its lease runs out."""
        try:
            seconds = await self._insist(record_result, result)
        except Exception:
            log.exception("cannot record", delivery=result.claimed.delivery_id)
        else:
            count([result])
            spans.recorded([result], seconds)

    async def _insist(self, store: Callable[..., object], what: object) -> float:
        """Try until the database responds; returns how many seconds that took.

        Until then `stuck` says that nothing should be claimed, since a claim could take deliveries
        whose results wait here.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        pause, again = 0.05, False
        try:
            while True:
                attempt = partial(store, self._database, what, again=again)
                try:
                    await loop.run_in_executor(self._thread, attempt)
                    seconds = loop.time() - began
                    metrics.RECORD_SECONDS.observe(seconds)
                    return seconds
                except DATABASE_AWAY as error:
                    self.stuck = again = True
                    metrics.STUCK.set(1)
                    metrics.UNRECORDED.set(self.backlog)
                    log.warning("cannot record", waiting=self.backlog, reason=reason_of(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            if self.stuck:
                metrics.STUCK.set(0)
            self.stuck = False


def count(batch: list[Result], *, lag: bool = True) -> None:
    """Add to the metrics in sums, since each update takes a lock. `lag`: also how late we were."""
    for status, number in Counter([result.status for result in batch]).items():
        metrics.DELIVERIES.labels(status.value).inc(number)
    for code, number in Counter([result.outcome.status_code for result in batch]).items():
        metrics.ATTEMPTS.labels(f"{code // 100}xx" if code else "none").inc(number)
    metrics.ATTEMPT_SECONDS.observe_all([result.outcome.duration for result in batch])
    first = [one.claimed for one in batch if lag and one.claimed.number == 1]
    waited = [one.waited_ms / 1000 for one in first if one.trigger == Trigger.EVENT]
    metrics.FIRST_ATTEMPT_LAG.observe_all(waited)
