"""The engine as an RQ job."""

from datetime import timedelta

from flask import Flask, current_app

from webhooks_app import queue
from webhooks_app.channels.webhook.transport import Transport
from webhooks_app.config import Settings
from webhooks_app.engine.endpoints import Endpoints
from webhooks_app.engine.engine import Engine, Parts
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.mail.mailing import Mailing
from webhooks_app.mail.service import desk_of, server_of

BUDGET = 60.0


def run_engine() -> None:
    """Send all that is due. After a minute the work goes on in a successor, since an RQ worker
    gives no sign of life during a job."""
    engine = resident(current_app._get_current_object())  # type: ignore[attr-defined]
    if not engine.drain(BUDGET) and not engine.stopping:
        queue.nudge()


def resident(app: Flask) -> Engine:
    """The one engine of this process, started when it is first needed."""
    engine: Engine | None = app.extensions.get("engine")
    if engine is None or not engine.alive:
        engine = app.extensions["engine"] = Engine(engine_parts(app))
        engine.start()
    return engine


def engine_parts(app: Flask) -> Parts:
    settings: Settings = app.config["SETTINGS"]
    database, lease = db.engine, timedelta(seconds=settings.lease_seconds)
    return Parts(
        database=database,
        endpoints=Endpoints(database, app.extensions["vault"]),
        transport=lambda: Transport(
            settings.guard,
            timeout=settings.delivery_timeout,
            connect_timeout=settings.connect_timeout,
            now=utcnow,
        ),
        mailing=lambda: Mailing(database, desk_of(settings), server_of(settings), lease),
        lease=lease,
        max_in_flight=settings.max_in_flight,
        user_agent=f"{settings.brand_name}-Webhooks/1.0",
        call_for_help=app.extensions["doorbell"].ring,
    )
