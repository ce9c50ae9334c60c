"""A connection to a mail server, over which mails are sent one after another."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache

from webhooks_app.channels.email.unsent import Unsent, away, broken, refused, text_of

ACCEPTED = range(200, 300)
GO_AHEAD = range(354, 355)
LEAVING = 421  # RFC 5321 §3.8: the server closes the connection

# Mails go to the same few addresses, and to read one takes as long as to send a command.
_quoted = lru_cache(4096)(smtplib.quoteaddr)


@dataclass(frozen=True, slots=True)
class Server:
    """`security` is starttls, tls or none; `timeout` is in seconds, for each step."""

    host: str
    port: int
    username: str
    password: str
    security: str
    timeout: float


class SmtpConnection:
    """An open connection, logged in.

    Encrypted unless `security` is none: a server without STARTTLS gets no mail and no password.
    Raises `Unsent` when the connection cannot be opened.
    """

    def __init__(self, server: Server) -> None:
        self.handed_over = 0
        self._unanswered = 0
        try:
            self._smtp = _connect(server)
        except (smtplib.SMTPException, OSError) as error:
            raise away(error) from error
        try:
            if server.security == "starttls":
                self._smtp.starttls(context=_context())
            if server.username:
                self._smtp.login(server.username, server.password)
            self._smtp.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise away(error) from error
        except UnicodeError as error:
            # Its text would quote the password.
            self._smtp.close()
            reason = "The mail server's name, the user or the password cannot be sent over SMTP."
            raise Unsent(reason, permanent=False, away=True) from error

    @property
    def open(self) -> bool:
        return self._smtp.sock is not None

    def hand_over(self, sender: str, recipient: str, data: bytes) -> tuple[int, str]:
        """The server's answer when it accepted the mail. Raises `Unsent`.

        `data` has lines that end with CRLF. With PIPELINING (RFC 2920) the commands before it leave
        in one write, and their answers are read in order. The first refusal is the result.
        """
        self.handed_over += 1
        commands = self._commands(sender, recipient, len(data))
        begun = False
        try:
            if self._smtp.has_extn("pipelining"):
                self._send(*commands)
            for command, wanted in zip(commands, (ACCEPTED, ACCEPTED, GO_AHEAD), strict=True):
                if not self._unanswered:
                    self._send(command)
                self._expect(wanted)
                begun = True
            self._send(data.replace(b"\r\n.", b"\r\n..") + b".\r\n")  # RFC 5321 §4.5.2
            return self._expect(ACCEPTED)
        except Unsent as error:
            error.begun = begun
            self._clear(error.code)
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._smtp.close()
            raise broken(error, begun) from error

    def hang_up(self) -> None:
        """Errors while closing do not matter: the mails were accepted."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    def _commands(self, sender: str, recipient: str, size: int) -> list[bytes]:
        """Raises ValueError for an address that is not ASCII or has a line break."""
        sized = f" SIZE={size}" if self._smtp.has_extn("size") else ""
        mail, to = f"MAIL FROM:{_quoted(sender)}{sized}", f"RCPT TO:{_quoted(recipient)}"
        if not (mail + to).isprintable():
            raise ValueError("An address has a line break.")
        return [f"{command}\r\n".encode("ascii") for command in (mail, to, "DATA")]

    def _send(self, *parts: bytes) -> None:
        """Send what the server answers part by part."""
        self._smtp.send(b"".join(parts))
        self._unanswered += len(parts)

    def _expect(self, wanted: range) -> tuple[int, str]:
        """The next answer. Raises `Unsent` for a refusal."""
        self._unanswered -= 1
        code, answer = self._smtp.getreply()
        text = text_of(answer)
        if code not in wanted:
            raise refused(code, text)
        return code, text

    def _clear(self, code: int | None) -> None:
        """Reset the connection for the next mail, or close it."""
        if code == LEAVING:
            self._smtp.close()
            return
        try:
            self._read_rest()
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()

    def _read_rest(self) -> None:
        """Read the answers to commands after a refused one.

        If the server waits for a mail all the same, end it: nobody was accepted to get it.
        """
        codes = [self._smtp.getreply()[0] for _ in range(self._unanswered)]
        self._unanswered = 0
        if any(code in GO_AHEAD for code in codes):
            self._smtp.docmd(".")


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
