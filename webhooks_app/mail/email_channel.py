"""The e-mail channel: mails are written and sent in threads, beside the event loop.

A mail may wait for its turn, or for a slow server, longer than a lease lasts. So leases of waiting
mails are renewed until the mails are done. If the process dies they run out, and another process
sends the mails.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from typing import cast

import structlog
from sqlalchemy import Engine, Table, bindparam, insert, update
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed, SubscriptionRow, Tried
from webhooks_app.channels.email.message import (
    MASKED,
    RecipientAnswer,
    logged_headers,
    mailto,
    outcome_of,
)
from webhooks_app.channels.email.mime import Email
from webhooks_app.channels.email.smtp import Server
from webhooks_app.channels.email.transport import IDLE, MailTransport
from webhooks_app.channels.email.unsent import Unsent
from webhooks_app.channels.outcome import unsent
from webhooks_app.channels.retry_policy import RetryPolicy, parse_policy
from webhooks_app.database import clock, read_transaction
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.mail.about import About, MailAction, MailMembers, read_about
from webhooks_app.mail.about_reader import AboutReader
from webhooks_app.mail.compose import MailContext, compose
from webhooks_app.models import Mail, Queued
from webhooks_app.vocabulary import Failure

CONNECTIONS = 4
IN_TURN = 16 * CONNECTIONS  # mails that are read about or sent; the others wait unread
FRESH = 1.0  # seconds for which what was read about a mail holds: people unsubscribe meanwhile
UNCONFIRMED = "Not sent: this address has not confirmed that it wants these e-mails"
AT_ONCE = 16  # mails of one action at once: all share the mail server

QUEUE = cast(Table, Queued.__table__)
MAILS = cast(Table, Mail.__table__)
HOLD = (
    update(QUEUE)
    .where(
        QUEUE.c.delivery_id == bindparam("held"),
        QUEUE.c.tries == bindparam("number"),
        QUEUE.c.leased_until.is_not(None),
    )
    .values(leased_until=bindparam("until"))
)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class EmailEndpoint:
    """Sends the mails of one action."""

    channel: "EmailChannel"
    action: MailAction
    policy: RetryPolicy
    window: ConcurrencyWindow

    async def attempt(self, claimed: Claimed) -> Tried:
        try:
            return await self.channel.send(self.action, claimed)
        except Exception as error:
            log.exception("cannot make a mail", delivery=claimed.delivery_id)
            failed = unsent(f"Not sent: {type(error).__name__}", utcnow())
            return Tried(mailto(self.action.to), failed)


def _left_out(action: MailAction, about: About, *, is_all: bool) -> list[RecipientAnswer]:
    """The result for unconfirmed addresses. If all are unconfirmed, another try makes sense."""
    unsent = Unsent(UNCONFIRMED, permanent=not is_all, failure=Failure.UNCONFIRMED)
    waiting = [one for one in action.to if not about.may_mail(one)]
    return [RecipientAnswer(one, None, UNCONFIRMED, unsent) for one in waiting]


class EmailChannel:
    """The e-mail channel.

    Without a `server`, mails are kept in the outbox, where operators read them, and count as
    delivered.
    """

    def __init__(
        self, database: Engine, desk: MailContext, server: Server | None, lease: timedelta
    ) -> None:
        self._database = database
        self._desk = desk
        self._transport = MailTransport(server) if server else None
        self._lease = lease
        self._threads = ThreadPoolExecutor(CONNECTIONS, "mail")
        self._waiting: dict[str, int] = {}

    async def __aenter__(self) -> "EmailChannel":
        self._loop = asyncio.get_running_loop()
        self._reader = AboutReader(self._database)
        self._turns = asyncio.Semaphore(IN_TURN)
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

    def open(self, subscription: SubscriptionRow, spec: MailMembers) -> EmailEndpoint:
        """A mail needs no encrypted values, so a lost key stops no mail."""
        # Policies are about HTTP; a permanent refusal by SMTP is already permanent.
        policy = replace(parse_policy(spec.retry_policy), server_errors_only=False)
        action = MailAction.of(subscription.id, spec)
        return EmailEndpoint(self, action, policy, ConcurrencyWindow(AT_ONCE))

    async def send(self, action: MailAction, claimed: Claimed) -> Tried:
        """Raises the errors of the database or a template; then nothing was sent."""
        asked_at = self._transport.now() if self._transport else 0.0
        self._waiting[claimed.delivery_id] = claimed.number
        try:
            async with self._turns:
                about = await self._reader.read(action, claimed)
                read_at = time.monotonic()
                return await self._loop.run_in_executor(
                    self._threads, self._send, action, claimed, about, read_at, asked_at
                )
        finally:
            del self._waiting[claimed.delivery_id]

    # In threads

    def _send(
        self,
        action: MailAction,
        claimed: Claimed,
        about: About,
        read_at: float,
        asked_at: float,
    ) -> Tried:
        if time.monotonic() - read_at > FRESH:  # a slow mail server keeps many waiting
            with read_transaction(self._database) as connection:
                about = read_about(connection, action, claimed)
        letters = compose(action, claimed, about, self._desk)
        started_at, start = utcnow(), time.perf_counter()
        if self._transport is None:
            answers = self._keep(letters)
        else:
            answers = [self._hand_over(self._transport, one, asked_at) for one in letters]
        answers += _left_out(action, about, is_all=not (letters or about.settled))
        outcome = outcome_of(answers, about.settled, started_at, time.perf_counter() - start)
        return Tried(mailto(action.to), outcome, logged_headers(letters), MASKED)

    def _hand_over(
        self, transport: MailTransport, letter: Email, asked_at: float
    ) -> RecipientAnswer:
        try:
            code, text = transport.send(letter, asked_at)
        except Unsent as error:
            return RecipientAnswer(letter.recipient, error.code, str(error), error)
        return RecipientAnswer(letter.recipient, code, text)

    def _keep(self, letters: Sequence[Email]) -> list[RecipientAnswer]:
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
            for letter in letters
        ]
        if rows:
            with self._database.begin() as connection:
                connection.execute(insert(MAILS), rows)
        return [RecipientAnswer(one.recipient, None, "Kept in the outbox") for one in letters]

    # On the event loop

    async def _hold_leases(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if self._waiting:
                held = [{"held": id_, "number": n} for id_, n in self._waiting.items()]
                await self._loop.run_in_executor(None, self._hold, held)

    def _hold(self, held: list[dict[str, object]]) -> None:
        try:
            with self._database.begin() as connection:
                until = clock(connection) + self._lease
                connection.execute(HOLD, [{**one, "until": until} for one in held])
        except SQLAlchemyError as error:
            log.warning("leases not held", mails=len(held), reason=reason_of(error))

    async def _hang_up_when_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE)
            if self._transport is not None:
                await self._loop.run_in_executor(None, self._transport.hang_up, IDLE)
