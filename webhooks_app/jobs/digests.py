"""Digests as a job."""

from webhooks_app.clock import utcnow
from webhooks_app.extensions import db
from webhooks_app.services import digests


def send_due() -> None:
    digests.send_due(db.engine, utcnow())
