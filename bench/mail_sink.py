"""A mail server in its own process that accepts everything and keeps nothing.

Like Postfix, Exim and the large providers it offers PIPELINING.
"""

import multiprocessing
import socket
import time
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.servers import free_port, wait_until


class _Sink:
    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, offered: list[str]
    ) -> list[str]:
        session.host_name = name
        return [*offered[:-1], "250-PIPELINING", offered[-1]]

    async def handle_DATA(self, *_: object) -> str:
        return "250 OK"


def _serve(port: int) -> None:
    Controller(_Sink(), hostname="127.0.0.1", port=port).start()
    while True:
        time.sleep(3600)


class MailSink:
    """`with MailSink() as sink:` listens at `sink.port`."""

    def __enter__(self) -> "MailSink":
        self.port = free_port()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(self.port,), daemon=True
        )
        self._process.start()
        wait_until(self._listens, 20)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True
