"""A connection to a mail server, over which mails are sent one after another."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from webhooks_app.vocabulary import Failure

PERMANENT = range(500, 600)
# These codes mean that our log-in is wrong, not the mail (RFC 4954 §6). The operator can fix it.
NOT_LOGGED_IN = (530, 534, 535, 538)
LEAVING = 421  # RFC 5321 §3.8: the server closes the connection
LONGEST_ANSWER = 300


@dataclass(frozen=True, slots=True)
class Server:
    """`security` is starttls, tls or none; `timeout` is in seconds, for each step."""

    host: str
    port: int
    username: str
    password: str
    security: str
    timeout: float


class Unsent(Exception):
    """A mail was not accepted; the message says why.

    `permanent`: trying again would not help. `code` is the server's answer, or None without one.
    `away`: the server itself is in trouble, so other mails should wait. `begun`: the server had
    already seen part of this mail.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        failure: Failure = Failure.NETWORK,
        code: int | None = None,
        away: bool = False,
        begun: bool = True,
    ) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.failure = failure
        self.code = code
        self.away = away
        self.begun = begun


class SmtpConnection:
    """An open connection, logged in.

    Encrypted unless `security` is none: a server without STARTTLS gets no mail and no password.
    Raises `Unsent` when the connection cannot be opened.
    """

    def __init__(self, server: Server) -> None:
        self.handed_over = 0
        try:
            self._smtp = _connect(server)
        except (smtplib.SMTPException, OSError) as error:
            raise _away(error) from error
        try:
            if server.security == "starttls":
                self._smtp.starttls(context=_context())
            if server.username:
                self._smtp.login(server.username, server.password)
            self._smtp.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise _away(error) from error
        except UnicodeError as error:
            # Its text would quote the password.
            self._smtp.close()
            reason = "The mail server's name, the user or the password cannot be sent over SMTP."
            raise Unsent(reason, permanent=False, away=True) from error

    @property
    def open(self) -> bool:
        return self._smtp.sock is not None

    def hand_over(self, sender: str, recipient: str, data: bytes) -> tuple[int, str]:
        """The server's answer when it accepted the mail. Raises `Unsent`."""
        self.handed_over += 1
        begun = False
        try:
            self._expect(self._smtp.mail(sender, [f"SIZE={len(data)}"] if self._sizes else []))
            begun = True
            self._expect(self._smtp.rcpt(recipient))
            return self._expect(self._smtp.data(data))
        except smtplib.SMTPDataError as error:
            self._clear()
            raise _refused(error.smtp_code, _text(error.smtp_error)) from error
        except Unsent as error:
            error.begun = begun
            self._clear(error.code)
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise _broken(error, begun) from error

    def hang_up(self) -> None:
        """Errors while closing do not matter: the mails were accepted."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    @property
    def _sizes(self) -> bool:
        return bool(self._smtp.has_extn("size"))

    def _expect(self, answer: tuple[int, bytes]) -> tuple[int, str]:
        code, text = answer[0], _text(answer[1])
        if not 200 <= code < 300:
            raise _refused(code, text)
        return code, text

    def _clear(self, code: int | None = None) -> None:
        """Reset the connection for the next mail, or close it."""
        if code == LEAVING:
            self._smtp.close()
            return
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()


def is_permanent(code: int) -> bool:
    """Whether trying again is useless."""
    return code in PERMANENT and code not in NOT_LOGGED_IN


@cache
def _context() -> ssl.SSLContext:
    """The TLS context, cached because reading all certificate authorities takes 50 ms."""
    return ssl.create_default_context()


def _connect(server: Server) -> smtplib.SMTP:
    where, timeout = (server.host, server.port), server.timeout
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(*where, timeout=timeout, context=_context())
    else:
        connection = smtplib.SMTP(*where, timeout=timeout)
    connection.ehlo_or_helo_if_needed()
    return connection


def _refused(code: int, text: str) -> Unsent:
    return Unsent(
        f"The mail server refused it: {code} {text}".strip(),
        permanent=is_permanent(code),
        failure=Failure.STATUS,
        code=code,
    )


def _away(error: Exception) -> Unsent:
    """The connection could not be opened."""
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    reason = f"The mail server cannot be used: {type(error).__name__}: {error}"
    return Unsent(reason, failure=_kind(error), code=code, away=True, begun=False)


def _broken(error: Exception, begun: bool) -> Unsent:
    """Tell a timeout from a closed connection, which smtplib does not."""
    if _timed_out(error):
        reason = "The mail server did not answer in time"
        return Unsent(reason, failure=Failure.TIMEOUT, away=True, begun=begun)
    reason = "The mail server closed the connection before it answered"
    return Unsent(reason, failure=Failure.NETWORK, begun=begun)


def _kind(error: Exception) -> Failure:
    if _timed_out(error):
        return Failure.TIMEOUT
    match error:
        case smtplib.SMTPResponseException():
            return Failure.STATUS
        case socket.gaierror():
            return Failure.DNS
        case ssl.SSLError() | smtplib.SMTPNotSupportedError():
            return Failure.TLS
        case OSError() if not isinstance(error, smtplib.SMTPException):
            return Failure.CONNECT
        case _:
            return Failure.NETWORK


def _timed_out(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def _text(answer: bytes | str) -> str:
    """The text on one line, without what the database refuses."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.replace("\0", "").split())[:LONGEST_ANSWER]
