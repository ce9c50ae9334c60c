"""A real SMTP server in a thread, which keeps everything it accepted."""

import asyncio
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.support.servers import PATIENCE, free_port


class MailServer:
    """`refusals` are answers to a recipient, by their address; `logins` who has logged in.

    Set `answer` to change the answer to a read mail, `pause` to delay it in seconds, and
    `hang_up_after` to close the connection in the middle of that many mails, `hang_up_at_mail` to
    close it before that many. Like nearly every real server it offers PIPELINING, unless told not
    to.
    """

    def __init__(self, *, pipelining: bool = True, **options: Any) -> None:
        self.taken: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.recipients: list[str] = []
        self.senders: list[str] = []
        self.refusals: dict[str, str] = {}
        self.logins: list[bytes] = []
        self.connections = 0
        self.answer = "250 OK"
        self.pause = 0.0
        self.hang_up_after = 0
        self.hang_up_at_mail = 0
        self.port = free_port()
        self._transports: list[asyncio.BaseTransport] = []
        self._offered = ["250-PIPELINING"] if pipelining else []
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate,
            auth_require_tls=False,
            ready_timeout=PATIENCE,
            **options,
        )

    def __enter__(self) -> "MailServer":
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()

    @property
    def delivery_ids(self) -> list[str]:
        """The accepted mails, in order."""
        return [message["Message-ID"].strip("<>").partition("@")[0] for message in self.taken]

    def hang_up(self) -> None:
        """Close all connections, as a server does that heard nothing for long."""

        async def close() -> None:
            for transport in self._transports:
                transport.close()
            await asyncio.sleep(0)  # closed in the loop's next round

        asyncio.run_coroutine_threadsafe(close(), self._controller.loop).result(PATIENCE)

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        self._transports.append(server.transport)
        session.host_name = hostname
        return [*responses[:-1], *self._offered, responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.hang_up_at_mail:
            self.hang_up_at_mail -= 1
            server.transport.abort()
            return ""
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.hang_up_after:
            self.hang_up_after -= 1
            server.transport.abort()
            return ""
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < began + self.pause:
            await asyncio.sleep(0.01)
        if not self.answer.startswith("250"):
            return self.answer
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.contents.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from or "")
        return self.answer

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append(data.login)
        return AuthResult(success=data.password == b"right", handled=False)
