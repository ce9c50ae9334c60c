"""E-mails of the engine: written and handed over in threads, beside the event loop.

A mail may wait for its turn, or for a slow server, longer than a lease lasts; so the leases of
what waits here are held until it is done. If the process dies they run out, and others send it.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import cast

import structlog
from sqlalchemy import Engine, Table, bindparam, insert, update
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app.channels.contract import Claimed
from webhooks_app.channels.email.message import MailMessage, RecipientAnswer, outcome_of
from webhooks_app.channels.email.mime import Email
from webhooks_app.channels.email.smtp import Server, Unsent
from webhooks_app.channels.email.transport import IDLE, MailTransport
from webhooks_app.channels.webhook.message import Outcome
from webhooks_app.database import read_only
from webhooks_app.engine.endpoints import Endpoint
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.mail.compose import MailContext, compose, read_about
from webhooks_app.models import Delivery, Mail
from webhooks_app.vocabulary import DeliveryStatus

CONNECTIONS = 4

DELIVERIES = cast(Table, Delivery.__table__)
MAILS = cast(Table, Mail.__table__)
HOLD = (
    update(DELIVERIES)
    .where(
        DELIVERIES.c.id == bindparam("held"),
        DELIVERIES.c.tries == bindparam("number"),
        DELIVERIES.c.status == DeliveryStatus.SENDING.value,
    )
    .values(due_at=bindparam("until"))
)

log = structlog.get_logger(__name__)


class Mailing:
    """`async with Mailing(...)` for the life of an engine. With no `server`, mails are kept in the
    outbox, where operators read them, and count as delivered."""

    def __init__(
        self, database: Engine, desk: MailContext, server: Server | None, lease: timedelta
    ) -> None:
        self._database = database
        self._desk = desk
        self._transport = MailTransport(server) if server else None
        self._lease = lease
        self._threads = ThreadPoolExecutor(CONNECTIONS, "mail")
        self._waiting: dict[str, int] = {}

    async def __aenter__(self) -> "Mailing":
        self._loop = asyncio.get_running_loop()
        self._upkeep = [
            asyncio.create_task(self._hold_leases()),
            asyncio.create_task(self._hang_up_when_idle()),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._upkeep:
            task.cancel()
        if self._transport is not None:
            await self._loop.run_in_executor(self._threads, self._transport.hang_up)
        self._threads.shutdown(wait=False)

    async def send(self, endpoint: Endpoint, claimed: Claimed) -> tuple[MailMessage, Outcome]:
        """Raises what the database or a template raises; then nothing was sent."""
        asked_at = self._transport.now() if self._transport else 0.0
        self._waiting[claimed.delivery_id] = claimed.number
        try:
            return await self._loop.run_in_executor(
                self._threads, self._send, endpoint, claimed, asked_at
            )
        finally:
            del self._waiting[claimed.delivery_id]

    # In threads

    def _send(
        self, endpoint: Endpoint, claimed: Claimed, asked_at: float
    ) -> tuple[MailMessage, Outcome]:
        with self._database.connect() as connection:
            read_only(connection)
            about = read_about(connection, endpoint, claimed)
        message = compose(endpoint, claimed, about, self._desk)
        started_at, start = utcnow(), time.perf_counter()
        if self._transport is None:
            answers = self._keep(message)
        else:
            answers = [self._hand_over(self._transport, one, asked_at) for one in message.letters]
        duration = time.perf_counter() - start
        return message, outcome_of(answers, about.settled, started_at, duration)

    def _hand_over(
        self, transport: MailTransport, letter: Email, asked_at: float
    ) -> RecipientAnswer:
        try:
            code, text = transport.send(letter, asked_at)
        except Unsent as error:
            return RecipientAnswer(letter.recipient, error.code, str(error), error)
        return RecipientAnswer(letter.recipient, code, text)

    def _keep(self, message: MailMessage) -> list[RecipientAnswer]:
        rows = [
            {
                "id": new_id("mai"),
                "recipient": letter.recipient,
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
                "template": "event",
                "status": "outbox",
                "tries": 0,
                "created_at": utcnow(),
            }
            for letter in message.letters
        ]
        if rows:
            with self._database.begin() as connection:
                connection.execute(insert(MAILS), rows)
        return [
            RecipientAnswer(one.recipient, None, "Kept in the outbox") for one in message.letters
        ]

    # On the event loop

    async def _hold_leases(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if self._waiting:
                held = [{"held": id_, "number": n} for id_, n in self._waiting.items()]
                await self._loop.run_in_executor(None, self._hold, held)

    def _hold(self, held: list[dict[str, object]]) -> None:
        until = utcnow() + self._lease
        try:
            with self._database.begin() as connection:
                connection.execute(HOLD, [{**one, "until": until} for one in held])
        except SQLAlchemyError as error:
            log.warning("leases not held", mails=len(held), error=type(error).__name__)

    async def _hang_up_when_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE)
            if self._transport is not None:
                await self._loop.run_in_executor(None, self._transport.hang_up, IDLE)
