"""E-mail to people: written in the same transaction as its cause, sent later by a worker."""

from collections.abc import Sequence
from email.utils import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from webhooks_app import queue
from webhooks_app.channels.email.addresses import ascii_address
from webhooks_app.channels.email.mime import Email
from webhooks_app.channels.email.smtp import Server, SmtpConnection
from webhooks_app.channels.email.templates import render
from webhooks_app.channels.email.transport import MailTransport
from webhooks_app.channels.email.unsent import Unsent
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.config import Settings
from webhooks_app.database import clock
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.mail.compose import MailContext
from webhooks_app.models import Mail
from webhooks_app.parts import parts

SHOWN = 100


class MailNotSent(Exception):
    """A test mail was not accepted; the message says why."""


def post(session: Session, to: str, template: str, **context: object) -> Mail:
    """Add a mail to the caller's transaction, made of `templates/email/<template>/`.

    With no SMTP server it goes to the outbox, where operators read it. Call `send_soon` after the
    commit.
    """
    now = clock(session.connection())
    waits = bool(parts().settings.smtp_host)
    written = render(template, brand=parts().settings.brand_name, **context)
    mail = Mail(
        id=new_id("mai"),
        recipient=to,
        subject=written.subject,
        text=written.text,
        html=written.html,
        template=template,
        status="pending" if waits else "outbox",
        due_at=now if waits else None,
        created_at=now,
    )
    session.add(mail)
    return mail


def send_soon() -> None:
    """Ask for a worker after a commit; never raises. A periodic job sends what was missed."""
    if parts().settings.smtp_host:
        queue.enqueue_background(queue.SEND_MAIL)


def link(path: str) -> str:
    """A URL for a mail, made from settings and never from a request's host."""
    return parts().settings.site_url + path


def newest(session: Session) -> Sequence[Mail]:
    """The latest `SHOWN`, newest first."""
    return session.scalars(select(Mail).order_by(Mail.id.desc()).limit(SHOWN)).all()


def find(session: Session, mail_id: str) -> Mail:
    """Raises `NotFound`."""
    mail = session.get(Mail, mail_id)
    if mail is None:
        raise NotFound
    return mail


def send_test(to: str) -> str:
    """Send a mail now, in this process; returns the server's answer. Raises `MailNotSent`."""
    settings = parts().settings
    server, address = server_of(settings), ascii_address(to)
    if server is None:
        raise MailNotSent(
            "No mail server is configured. Set SMTP_HOST, MAIL_FROM and PUBLIC_URL first."
        )
    if address is None:
        raise MailNotSent(f"{to!r} is not an e-mail address.")
    written = render("test_mail", brand=settings.brand_name, link=settings.site_url)
    letter = Email(
        id=new_id("mai"),
        sender=settings.mail_from,
        recipient=address,
        subject=written.subject,
        text=written.text,
        html=written.html,
        written_at=utcnow(),
    )
    transport = MailTransport(server)
    try:
        code, text = transport.send(letter, transport.now())
    except Unsent as error:
        raise MailNotSent(f"{error}.") from error
    transport.hang_up()
    return f"{code} {text}"


def complaint(settings: Settings) -> str | None:
    """Why the log-in to the mail server fails; None if it works or no server is set."""
    server = server_of(settings)
    if server is None:
        return None
    try:
        SmtpConnection(server).hang_up()
    except Unsent as error:
        return str(error)
    return None


def server_of(settings: Settings) -> Server | None:
    """None without a mail server."""
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


def desk_of(settings: Settings) -> MailContext:
    """The sender of mails in the outbox."""
    return MailContext(
        sender=settings.mail_from or f'"{quote(settings.brand_name)}" <nobody@localhost>',
        site_url=settings.site_url,
        brand=settings.brand_name,
        unsubscribing=Unsubscribing(settings.secret_key),
    )
