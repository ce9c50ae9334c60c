"""Sending e-mail as an RQ job."""

from flask import current_app

from webhooks_app.clock import utcnow
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.pipeline.post import Post, send_due
from webhooks_app.services import notices
from webhooks_app.services.mail import server_of


def send_pending() -> None:
    """Nothing is sent while no server is set."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.smtp_host:
        send_due(db.engine, post_of(settings), utcnow)


def mail_notices() -> None:
    notices.mail_due(db.session(), utcnow())


def post_of(settings: Settings) -> Post:
    server = server_of(settings)
    assert server is not None
    return Post(server, settings.mail_from)
