"""Sending e-mail as an RQ job."""

from flask import current_app

from webhooks_app.channels.email.smtp import Server
from webhooks_app.clock import utcnow
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.pipeline.post import Post, send_due


def send_pending() -> None:
    """Nothing is sent while no server is set."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.smtp_host:
        send_due(db.engine, post_of(settings), utcnow)


def post_of(settings: Settings) -> Post:
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        security=settings.smtp_security,
        timeout=settings.smtp_timeout,
    )
    return Post(server, settings.mail_from)
