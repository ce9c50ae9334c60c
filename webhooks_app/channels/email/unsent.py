"""Why a mail was not accepted, from what the server or the connection said."""

import smtplib
import socket
import ssl

from webhooks_app.vocabulary import Failure

PERMANENT = range(500, 600)
# These codes mean that our log-in is wrong, not the mail (RFC 4954 §6). The operator can fix it.
NOT_LOGGED_IN = (530, 534, 535, 538)
LONGEST_ANSWER = 300


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


def is_permanent(code: int) -> bool:
    """Whether trying again is useless."""
    return code in PERMANENT and code not in NOT_LOGGED_IN


def refused(code: int, text: str) -> Unsent:
    return Unsent(
        f"The mail server refused it: {code} {text}".strip(),
        permanent=is_permanent(code),
        failure=Failure.STATUS,
        code=code,
    )


def away(error: Exception) -> Unsent:
    """The connection could not be opened."""
    code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
    reason = f"The mail server cannot be used: {type(error).__name__}: {error}"
    return Unsent(reason, failure=_kind(error), code=code, away=True, begun=False)


def broken(error: Exception, begun: bool) -> Unsent:
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


def text_of(answer: bytes | str) -> str:
    """The text on one line, without what the database refuses."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(text.replace("\0", "").split())[:LONGEST_ANSWER]
