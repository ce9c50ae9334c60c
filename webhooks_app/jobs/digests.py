"""Digests as a job."""

from webhooks_app.digests import service as digests
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow


def send_due() -> None:
    digests.send_due(db.engine, utcnow())
