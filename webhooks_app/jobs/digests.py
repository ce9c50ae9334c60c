"""Digests as a job."""

from webhooks_app.database import clock_of
from webhooks_app.digests import service as digests
from webhooks_app.extensions import db


def send_due() -> None:
    digests.send_due(db.engine, clock_of(db.engine))
