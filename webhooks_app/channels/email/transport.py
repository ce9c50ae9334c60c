"""Hand mails to the mail server over connections that are kept and used again."""

import time
from collections.abc import Callable
from threading import Lock

from webhooks_app.channels.email.mime import Email, as_bytes, envelope_sender
from webhooks_app.channels.email.smtp import Server, SmtpConnection
from webhooks_app.channels.email.unsent import Unsent

# Servers end a connection after a hundred mails or so (Exim's smtp_accept_max_per_connection).
MOST_PER_LINE = 100
IDLE = 5.0


class MailTransport:
    """Sends mails. Threads may share it; each has its own connection while it sends.

    When the server cannot be reached or does not answer, all mails that were asked for before fail
    too: a long queue must not wait for the same timeout one by one.
    """

    def __init__(self, server: Server, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._lock = Lock()
        self._idle: list[tuple[float, SmtpConnection]] = []
        self._away: tuple[float, Unsent] | None = None

    def now(self) -> float:
        """The current time, to pass to `send`."""
        return self._clock()

    def send(self, letter: Email, asked_at: float) -> tuple[int, str]:
        """The server's answer when it accepted the mail. Raises `Unsent`."""
        try:
            data = as_bytes(letter)
        except (ValueError, UnicodeError) as error:
            raise Unsent(f"The e-mail cannot be written: {error}", permanent=True) from error
        if self._away is not None and self._away[0] > asked_at:
            raise self._away[1]
        try:
            return self._hand_over(envelope_sender(letter), letter.recipient, data)
        except Unsent as error:
            if error.away:
                self._away = (self._clock(), error)
                self.hang_up()
            raise

    def hang_up(self, unused_for: float = 0) -> None:
        """Close the connections that nobody has used for that many seconds."""
        before = self._clock() - unused_for
        with self._lock:
            old = [line for since, line in self._idle if since <= before]
            self._idle = [(since, line) for since, line in self._idle if since > before]
        for line in old:
            line.hang_up()

    def _hand_over(self, sender: str, recipient: str, data: bytes) -> tuple[int, str]:
        """The server may have closed a kept connection since; that does not count as a failure."""
        line = self._kept()
        if line is not None:
            try:
                return self._over(line, sender, recipient, data)
            except Unsent as error:
                if line.open or error.begun or error.away:
                    raise
        return self._over(SmtpConnection(self._server), sender, recipient, data)

    def _over(
        self, line: SmtpConnection, sender: str, recipient: str, data: bytes
    ) -> tuple[int, str]:
        try:
            return line.hand_over(sender, recipient, data)
        finally:
            if line.open and line.handed_over < MOST_PER_LINE:
                with self._lock:
                    self._idle.append((self._clock(), line))
            else:
                line.hang_up()

    def _kept(self) -> SmtpConnection | None:
        """Take the connection that was used last."""
        self.hang_up(IDLE)
        with self._lock:
            return self._idle.pop()[1] if self._idle else None
