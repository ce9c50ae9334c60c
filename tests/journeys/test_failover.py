"""The primary dies or hangs in the middle of a drain, and its standby takes over."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests.journeys.conftest import Measured, travelled
from tests.journeys.journey import Journey, Posting, Try, arrivals
from tests.support.receiver import Receiver
from tests.support.servers import PostgresServer, RedisServer, create_database, wait_until

PLANNED = 300


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary, and a standby that has every commit before it counts."""
    with (
        TemporaryDirectory(prefix="hookline-") as first,
        TemporaryDirectory() as second,
        ExitStack() as both,
    ):
        primary, standby = PostgresServer(Path(first)), PostgresServer(Path(second))
        for server in (primary, standby):
            both.callback(stop, server)
        primary.create()
        standby.create_standby_of(primary)
        with psycopg.connect(primary.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            in_step = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: connection.execute(in_step).fetchone() is not None)
        yield primary, standby


def stop(server: PostgresServer) -> None:
    """It may have been stopped before, or may not have started."""
    with suppress(AssertionError, OSError):
        server.thaw()
        server.stop("immediate")


def in_flight(standby: PostgresServer) -> set[Try]:
    """The tries that the primary had committed as begun when it went away."""
    replayed = "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"
    sending = "SELECT id, tries FROM deliveries WHERE status = 'sending'"
    url = f"postgresql://hookline@127.0.0.1:{standby.port}/hookline"
    with psycopg.connect(url, autocommit=True) as connection:
        wait_until(lambda: connection.execute(replayed).fetchone() == (True,))
        return {(id_, tries) for id_, tries in connection.execute(sending)}


@pytest.fixture
def journey(
    servers: tuple[PostgresServer, PostgresServer], own_redis: RedisServer, tmp_path: Path
) -> Iterator[Journey]:
    create_database(servers[0].url, "hookline")
    hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
    url = f"postgresql://hookline@{hosts}/hookline?target_session_attrs=read-write"
    yield from travelled(Journey(tmp_path, url, own_redis, lease=30.0))


@pytest.mark.parametrize("fate", ["stops", "hangs"])
def test_all_that_was_accepted_arrives_although_the_primary(
    journey: Journey,
    servers: tuple[PostgresServer, PostgresServer],
    slow_receiver: Receiver,
    measured: Measured,
    fate: str,
) -> None:
    """One that hangs: its kernel still acknowledges what it is sent, so no timeout of TCP helps."""
    primary, _ = servers
    lose = {"stops": partial(primary.stop, "immediate"), "hangs": primary.freeze}
    posting = drained(journey, servers, slow_receiver, lose[fate])

    refused = sum(answer.status != 202 for answer in posting.answers)
    repeated = journey.verify(slow_receiver, claims_in_doubt=True)
    measured(
        f"{refused} of {len(posting.answers)} POSTs refused, {repeated} repeated, the slowest"
        f" answer after {posting.slowest:.0f} s"
    )


def drained(
    journey: Journey,
    servers: tuple[PostgresServer, PostgresServer],
    receiver: Receiver,
    lose_primary: Callable[[], None],
) -> Posting:
    _, standby = servers
    journey.add_webhook(receiver)
    processes = [journey.start_worker(), journey.start_beat()]
    journey.post_many(PLANNED)
    with Posting(journey, every=0.05) as posting:
        wait_until(arrivals(receiver, 50), 30, every=0.01)
        lose_primary()
        journey.cut_off |= in_flight(standby)
        standby.promote()
        before = len(posting.answers)
        wait_until(journey.database_answers, 20)
        wait_until(lambda: any(one.status == 202 for one in posting.answers[before + 1 :]), 20)
    journey.settled()
    assert posting.statuses == {202, 503}
    assert all(process.poll() is None for process in processes)
    return posting
