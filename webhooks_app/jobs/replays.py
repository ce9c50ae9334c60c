"""A replay of many, as a job."""

from webhooks_app import queue
from webhooks_app.extensions import db
from webhooks_app.services import replays


def run_batch(batch_id: str) -> None:
    """Go on with a batch for a while; what is left goes on in a successor."""
    if replays.work(db.session(), batch_id):
        queue.enqueue_background(queue.REPLAY_BATCH, batch_id)


def resume_stalled() -> None:
    """What a killed worker, or a Redis that lost its jobs, left unfinished."""
    for batch_id in replays.stalled(db.session()):
        queue.enqueue_background(queue.REPLAY_BATCH, batch_id)
