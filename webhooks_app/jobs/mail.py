"""Sending e-mail as an RQ job."""

from functools import partial

from webhooks_app.config import Settings
from webhooks_app.database import clock_of
from webhooks_app.extensions import db
from webhooks_app.mail import mail_notices as notices
from webhooks_app.mail.mail_queue import MailQueue, send_due
from webhooks_app.mail.service import server_of
from webhooks_app.parts import parts


def send_pending() -> None:
    """Send waiting mails. Without a mail server, nothing is sent."""
    settings: Settings = parts().settings
    if settings.smtp_host:
        send_due(db.engine, post_of(settings), partial(clock_of, db.engine))


def mail_notices() -> None:
    notices.mail_due(db.session(), clock_of(db.engine))


def post_of(settings: Settings) -> MailQueue:
    server = server_of(settings)
    assert server is not None
    return MailQueue(server, settings.mail_from)
