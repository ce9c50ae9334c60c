"""Reads what mails need, for all that wait at that moment together."""

import asyncio

from sqlalchemy import Engine

from webhooks_app.channels.contract import Claimed
from webhooks_app.database import read_transaction
from webhooks_app.mail.about import About, MailAction, read_all

MOST = 100
PAUSE = 0.05  # seconds between two reads, in which more mails gather

Asked = tuple[MailAction, Claimed]


class AboutReader:
    """For one event loop. One read is under way at a time, in a thread; whoever asks meanwhile is
    served by the next. A mail that nobody waits before is read about at once."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Asked, asyncio.Future[About]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def read(self, action: MailAction, claimed: Claimed) -> About:
        """What a mail needs.

        Raises the database's errors, and KeyError if there is no such delivery.
        """
        answer: asyncio.Future[About] = self._loop.create_future()
        self._waiting.append(((action, claimed), answer))
        if self._reading is None:
            self._reading = self._loop.create_task(self._read_waiting())
        return await answer

    async def _read_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer(batch)
                await asyncio.sleep(PAUSE)
        finally:
            self._reading = None

    async def _answer(self, batch: list[tuple[Asked, "asyncio.Future[About]"]]) -> None:
        open_ = [(asked, answer) for asked, answer in batch if not answer.done()]
        try:
            abouts = await self._loop.run_in_executor(
                None, self._read, [asked for asked, _ in open_]
            )
        except Exception as error:
            for _, answer in open_:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), about in zip(open_, abouts, strict=True):
            if answer.done():  # cancelled
                continue
            if isinstance(about, Exception):
                answer.set_exception(about)
            else:
                answer.set_result(about)

    def _read(self, asked: list[Asked]) -> list[About | Exception]:
        with read_transaction(self._database) as connection:
            return read_all(connection, asked)
