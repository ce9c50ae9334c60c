"""A replay of many, as a job."""

from datetime import datetime

from webhooks_app.deliveries import replays
from webhooks_app.extensions import db


def run_batch(batch_id: str, asked_at: str) -> None:
    """Go on with a batch for a while; what is left goes on in a successor. `asked_at` is when this
    job was asked for, in ISO 8601."""
    if replays.work(db.session(), batch_id, datetime.fromisoformat(asked_at)):
        replays.ask_to_go_on(batch_id)


def resume_stalled() -> None:
    """What a killed worker, or a Redis that lost its jobs, left unfinished."""
    for batch_id in replays.stalled(db.session()):
        replays.ask_to_go_on(batch_id)
