"""A replay of many deliveries as a job."""

from datetime import datetime

from webhooks_app.database import clock_of
from webhooks_app.deliveries import replays
from webhooks_app.extensions import db


def run_batch(batch_id: str, asked_at: str) -> None:
    """Work on a replay for a while; a new job does the rest.

    `asked_at` is when this job was requested, in ISO 8601.
    """
    if replays.work(db.session(), batch_id, datetime.fromisoformat(asked_at)):
        replays.ask_to_go_on(batch_id, clock_of(db.engine))


def resume_stalled() -> None:
    """Resume replays after a killed worker, or a Redis that lost its jobs."""
    for batch_id in replays.stalled(db.session()):
        replays.ask_to_go_on(batch_id, clock_of(db.engine))
