"""One conversation with a mail server: mails are handed over one after another."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from webhooks_app.vocabulary import Failure

PERMANENT = range(500, 600)
# Of these, the sender's log-in is at fault, and no mail (RFC 4954 §6): the operator can mend it.
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
    """It was not taken; the message says why. `permanent`: trying again would not help.

    `code` is what the server answered, None when it did not. `away`: it is the server that is in
    trouble, so others need not try at the same moment. `begun`: it had heard of this mail.
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
    """An open connection, logged in. Encrypted unless `security` is none: a server that offers no
    STARTTLS is told nothing. Raises `Unsent` when it cannot be opened."""

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
        """What the server answered once it had taken it. Raises `Unsent`."""
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
        """No trouble with saying goodbye undoes what was taken."""
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
        """Ready for the next mail, or closed."""
        if code == LEAVING:
            self._smtp.close()
            return
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()


def is_permanent(code: int) -> bool:
    """Whether trying again would not help."""
    return code in PERMANENT and code not in NOT_LOGGED_IN


@cache
def _context() -> ssl.SSLContext:
    """It takes 50 ms to read all certificate authorities."""
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
    """No conversation could begin."""
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    reason = f"The mail server cannot be used: {type(error).__name__}: {error}"
    return Unsent(reason, failure=_kind(error), code=code, away=True, begun=False)


def _broken(error: Exception, begun: bool) -> Unsent:
    """smtplib reports a timeout as a closed connection."""
    if _timed_out(error):
        reason = "The mail server did not answer in time"
        return Unsent(reason, failure=Failure.TIMEOUT, away=True, begun=begun)
    reason = "The mail server closed the connection in the middle"
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
    """In one line, and storable."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.replace("\0", "").split())[:LONGEST_ANSWER]
