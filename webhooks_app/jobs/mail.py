"""Sending e-mail as an RQ job."""

from flask import current_app

from webhooks_app.channels.email.smtp import Server
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.clock import utcnow
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.pipeline.letters import Desk
from webhooks_app.pipeline.post import Post, send_due


def send_pending() -> None:
    """Nothing is sent while no server is set."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.smtp_host:
        send_due(db.engine, post_of(settings), utcnow)


def post_of(settings: Settings) -> Post:
    server = server_of(settings)
    assert server is not None
    return Post(server, settings.mail_from)


def server_of(settings: Settings) -> Server | None:
    """None while no mail server is set."""
    if not settings.smtp_host:
        return None
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        security=settings.smtp_security,
        timeout=settings.smtp_timeout,
    )


def desk_of(settings: Settings) -> Desk:
    """What waits in the outbox is from nobody yet."""
    return Desk(
        sender=settings.mail_from or f"{settings.brand_name} <nobody@localhost>",
        site_url=settings.site_url,
        brand=settings.brand_name,
        unsubscribing=Unsubscribing(settings.secret_key),
    )
