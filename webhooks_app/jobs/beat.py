"""The beat: it enqueues the engine again after a backoff, a kill, or the loss of Redis.

Several may run; a lock in Redis picks the active one. A restart loses nothing: SQL knows what is
due and when each periodic job last ran.
"""

import signal
import threading
import time
from contextlib import suppress
from datetime import datetime
from types import FrameType

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import LockError, RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app import doorbell, queue
from webhooks_app.database import clock_of
from webhooks_app.engine.claim import anything_due
from webhooks_app.engine.dead_engines import Watch
from webhooks_app.extensions import db
from webhooks_app.lib import pulse
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.metrics import CLOCK_SKEW
from webhooks_app.lib.times import utcnow
from webhooks_app.operations.checks import BEAT_LOCK, clock_skew
from webhooks_app.operations.periodic import take_turn
from webhooks_app.operations.schedule import PERIODIC, TURN, Periodic
from webhooks_app.parts import parts_of

TICK = 0.5
LEASE = 12.0
LOCK = BEAT_LOCK
PERIODIC_EVERY = 5.0
SKEW_EVERY = 30.0

log = structlog.get_logger(__name__)


class Beat:
    """Asks for jobs when something is due."""

    def __init__(self, database: Engine, connection: Redis) -> None:
        self._database = database
        self._connection = connection
        self._lock = connection.lock(LOCK, timeout=LEASE, blocking=False, thread_local=False)
        self._engines = Watch(database)
        self._stop = threading.Event()
        self._active = False
        self._is_due = False
        self._periodic_at = self._skew_at = 0.0

    def stop(self, _signum: int = 0, _frame: FrameType | None = None) -> None:
        self._stop.set()

    def run(self) -> None:
        """Tick until `stop`, even while Redis or SQL is away."""
        while not self._stop.is_set():
            pulse.beat()
            try:
                self.tick()
            except (RedisError, SQLAlchemyError, OSError) as error:
                self._engines.lose_touch()
                log.warning("beat missed", reason=reason_of(error))
            self._stop.wait(TICK)
        with suppress(RedisError):
            if self._active:
                self._lock.release()

    def tick(self) -> None:
        if time.monotonic() >= self._skew_at:
            self._skew_at = time.monotonic() + SKEW_EVERY
            CLOCK_SKEW.set(clock_skew(self._database, utcnow()).total_seconds())
        if not self._hold_lock():
            return
        self._engines.free()
        was_due, self._is_due = self._is_due, anything_due(self._database)
        if self._is_due:
            # Deliveries still due at the next tick are too much for the engines that are awake.
            (doorbell.call if was_due else doorbell.ring)(self._connection)
        if time.monotonic() >= self._periodic_at:
            self._periodic_at = time.monotonic() + PERIODIC_EVERY
            now = clock_of(self._database)
            for periodic in PERIODIC:
                self._enqueue_if_due(periodic, now)

    def _hold_lock(self) -> bool:
        """Even after an error, the lock may still be ours."""
        was_active, self._active = self._active, False
        try:
            self._active = bool(self._lock.reacquire())
        except LockError:
            self._active = bool(self._lock.acquire())
        if self._active != was_active:
            log.info("beat is active" if self._active else "beat is passive")
        return self._active

    def _enqueue_if_due(self, periodic: Periodic, now: datetime) -> None:
        if take_turn(self._database, periodic.job, periodic.every, now):
            queue.queue_named(queue.BACKGROUND, self._connection).enqueue(
                periodic.job,
                result_ttl=60,
                failure_ttl=86_400,
                job_timeout=600,
                meta={TURN: now.isoformat()},
            )


def run_beat(app: Flask) -> None:
    """Beat until SIGTERM or SIGINT."""
    with app.app_context():
        url = parts_of(app).settings.redis_socket_url
        beat = Beat(db.engine, queue.beat_redis(url))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, beat.stop)
    beat.run()
