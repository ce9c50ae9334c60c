"""Sends one e-mail over SMTP."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True)
class Server:
    """`security` is starttls, tls or none; `timeout` is in seconds, for each step."""

    host: str
    port: int
    username: str
    password: str
    security: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Letter:
    """`id` becomes the Message-ID, so that whoever gets it twice can tell."""

    id: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    written_at: datetime


class Unsent(Exception):
    """It was not taken; the message says why. `permanent`: trying again would not help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


def send(server: Server, letter: Letter) -> None:
    """Returns when the server has taken it. Raises `Unsent`."""
    try:
        message = as_message(letter)
    except ValueError as error:
        raise Unsent(f"It cannot be written: {error}", permanent=True) from error
    try:
        _hand_over(server, message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
        code = _code(error)
        reason = f"The mail server refused it ({code})."
        raise Unsent(reason, permanent=code in PERMANENT) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Unsent(f"{type(error).__name__}: {error}", permanent=False) from error
    except UnicodeError as error:
        # Its text would quote the password.
        reason = "The mail server's name, the user or the password cannot be sent over SMTP."
        raise Unsent(reason, permanent=False) from error


def as_message(letter: Letter) -> EmailMessage:
    """Text with an HTML alternative. Raises ValueError for what would break out of a header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = letter.sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.id}@{parseaddr(letter.sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _hand_over(server: Server, message: EmailMessage) -> None:
    """Encrypted unless `security` is none: a server that offers no STARTTLS is told nothing.

    Once it has taken the message, no trouble with saying goodbye makes that undone.
    """
    context = ssl.create_default_context()
    connection = _connect(server, context)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.username:
            connection.login(server.username, server.password)
        connection.send_message(message)
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
    finally:
        connection.close()


def _connect(server: Server, context: ssl.SSLContext) -> smtplib.SMTP:
    where, timeout = (server.host, server.port), server.timeout
    if server.security == "tls":
        return smtplib.SMTP_SSL(*where, timeout=timeout, context=context)
    return smtplib.SMTP(*where, timeout=timeout)


def _code(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> int:
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code
    return min(code for code, _ in error.recipients.values())
