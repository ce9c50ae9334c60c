"""Requests that share a commit: nobody waits for those that come later."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import IngestRequest, accept_together
from webhooks_app.ingest.group_commit import GroupCommit
from webhooks_app.ingest.selection import select_before
from webhooks_app.matching.incoming import Accepted
from webhooks_app.models import Organisation

PRODUCERS = 100
MOST_ROUNDS = 200


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    return organisation


def test_a_thread_is_answered_while_others_send_all_the_time(organisation: Organisation) -> None:
    tenant, event, database = factories.tenant(organisation), factories.lead(), db.engine
    db.session.rollback()
    group = GroupCommit(database, lambda: None)
    answered: list[Accepted] = []
    threads = [
        threading.Thread(target=lambda: answered.append(group.accept(tenant, event)))
        for _ in range(3)
    ]
    rounds = asyncio.run(
        _send_until(
            lambda: len(answered) == len(threads),
            group,
            lambda: IngestRequest(
                tenant, [event], selection=select_before(database, tenant, [event])
            ),
            threads,
        )
    )
    for thread in threads:
        thread.join()
    assert rounds < MOST_ROUNDS


async def _send_until(
    is_over: Callable[[], bool],
    group: GroupCommit,
    made: Callable[[], IngestRequest],
    threads: list[threading.Thread],
) -> int:
    """Many who each send again at once when they have their answer; how often at most."""
    loop, rounds = asyncio.get_running_loop(), [0] * PRODUCERS

    async def producer(number: int) -> None:
        while not is_over() and rounds[number] < MOST_ROUNDS:
            rounds[number] += 1
            done, mine = asyncio.Event(), made()
            mine.told = partial(loop.call_soon_threadsafe, done.set)
            group.submit(mine)
            if number == 0 and rounds[0] == 2:
                for thread in threads:
                    thread.start()
            await done.wait()

    await asyncio.gather(*(producer(number) for number in range(PRODUCERS)))
    return max(rounds)


def test_a_connection_that_is_not_free_is_waited_for_once(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes half a minute each time, and everybody waits for it."""
    tenant, event = factories.tenant(organisation), factories.lead()
    waited: list[int] = []

    def none_free(_: Engine) -> None:
        waited.append(1)
        raise NoFreeConnection

    asked = [IngestRequest(tenant, [event]) for _ in range(20)]
    monkeypatch.setattr(Engine, "begin", none_free)
    accept_together(db.engine, asked)
    assert len(waited) == 1
    assert {type(one.error) for one in asked} == {NoFreeConnection}
