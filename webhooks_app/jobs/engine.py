"""The engine as an RQ job."""

import time
from datetime import timedelta
from functools import partial
from weakref import WeakKeyDictionary

import orjson
from flask import Flask, current_app

from webhooks_app import queue
from webhooks_app.channels.contract import Channel
from webhooks_app.channels.webhook.endpoint import WebhookChannel
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.config import Settings
from webhooks_app.doorbell import Listener
from webhooks_app.engine.engine import Engine, EngineParts
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.times import utcnow
from webhooks_app.mail.email_channel import EmailChannel
from webhooks_app.mail.service import desk_of, server_of
from webhooks_app.models import Subscription
from webhooks_app.parts import parts_of
from webhooks_app.subscriptions import stored
from webhooks_app.subscriptions.spec import AnySpec
from webhooks_app.vocabulary import ChannelName

BUDGET = 60.0
IDLE = 20.0
LOOK_EVERY = 1.5


def run_engine() -> None:
    """Send everything due, and stay awake for the bell. After a minute a new job takes over.

    During a job, an RQ worker gives no sign of life.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if stay_awake(resident(app), listener_of(app), BUDGET):
        parts_of(app).doorbell.call()


def stay_awake(engine: Engine, listener: Listener, seconds: float) -> bool:
    """Send what is due, at once when the bell rings, for that many seconds.

    False if it ended earlier because the bell did not ring for a while. By then nothing relies on
    it being awake, so no ring is lost.
    """
    ends = time.monotonic() + seconds
    rung_at = time.monotonic()
    while time.monotonic() < ends and engine.alive and not engine.stopping:
        is_quiet = time.monotonic() - rung_at > IDLE
        if not is_quiet:
            listener.say_awake()
        elif not listener.is_believed_awake:
            return False
        if not engine.drain(1) or listener.wait(1):
            rung_at = time.monotonic()
    return not engine.stopping


def resident(app: Flask) -> Engine:
    """The one engine of this process, started when it is first needed. It also looks by itself for
    what is due, so that deliveries continue without Redis."""
    engine = _engines.get(app)
    if engine is None or not engine.alive:
        engine = _engines[app] = Engine(engine_parts(app), LOOK_EVERY)
        engine.start()
    return engine


def listener_of(app: Flask) -> Listener:
    """The listener of this process: its connection is kept between jobs."""
    if app not in _listeners:
        _listeners[app] = Listener(queue.bell_redis(parts_of(app).settings.redis_socket_url))
    return _listeners[app]


def engine_of(app: Flask) -> Engine | None:
    """The engine that `resident` started."""
    return _engines.get(app)


def has_died(app: Flask) -> bool:
    """Whether this process had an engine that has stopped."""
    engine = engine_of(app)
    return engine is not None and not engine.alive


_engines: WeakKeyDictionary[Flask, Engine] = WeakKeyDictionary()
_listeners: WeakKeyDictionary[Flask, Listener] = WeakKeyDictionary()


def engine_parts(app: Flask) -> EngineParts:
    settings: Settings = parts_of(app).settings
    lease = timedelta(seconds=settings.lease_seconds)
    return EngineParts(
        database=db.engine,
        channels=channels(app, lease),
        read=partial(read_spec, parts_of(app).vault),
        lease=lease,
        max_in_flight=settings.max_in_flight,
        call_for_help=parts_of(app).doorbell.call,
    )


def read_spec(vault: Vault, row: Subscription) -> AnySpec:
    """The spec of a row, with its headers decrypted.

    An e-mail action has no headers, so a lost key stops no mail. Raises `Unreadable`, and `Broken`
    for a row that cannot be read.
    """
    if row.channel != ChannelName.WEBHOOK:
        return stored.of(row)
    return stored.of(row, orjson.loads(vault.open(row.sealed_headers)))


def channels(app: Flask, lease: timedelta) -> dict[str, Channel]:
    """All channels."""
    settings: Settings = parts_of(app).settings
    transport = Transport(
        settings.guard,
        timeout=settings.delivery_timeout,
        connect_timeout=settings.connect_timeout,
        now=utcnow,
    )
    vault = parts_of(app).vault
    return {
        ChannelName.WEBHOOK: WebhookChannel(transport, vault, settings.user_agent),
        ChannelName.EMAIL: EmailChannel(db.engine, desk_of(settings), server_of(settings), lease),
    }
