"""A database that hangs holds nobody forever."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from threading import enumerate as threads
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.support.servers import PostgresServer, wait_until
from webhooks_app.database import hanging, postgres
from webhooks_app.database.hanging import Kept, Watch


@pytest.fixture(scope="module")
def two() -> Iterator[list[PostgresServer]]:
    with TemporaryDirectory(prefix="hookline-") as one, TemporaryDirectory() as other:
        servers = [PostgresServer(Path(one)), PostgresServer(Path(other))]
        for server in servers:
            server.create()
        yield servers
        for server in servers:
            server.stop("immediate")


@pytest.fixture
def servers(two: list[PostgresServer]) -> Iterator[list[PostgresServer]]:
    yield two
    for server in two:
        server.thaw()


@pytest.fixture
def engine(servers: list[PostgresServer], monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(hanging, "LOOK_EVERY", 0.2)
    monkeypatch.setattr(hanging, "LONG", 0.5)
    monkeypatch.setattr(hanging, "ANSWERS_WITHIN", 8)
    hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in servers)
    url = f"postgresql+psycopg://hookline@/postgres?{hosts}"
    engine = create_engine(url, **postgres.options(url, "none", "command"))
    postgres.prepare(engine)
    yield engine
    engine.dispose()


class Asking:
    """A thread that is in the middle of a statement of so many seconds; keeps the error."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        self.error: Exception | None = None
        self._begins = Event()
        self._thread = Thread(target=self._ask, args=(engine, seconds), daemon=True)
        self._thread.start()
        self._begins.wait()

    def _ask(self, engine: Engine, seconds: float) -> None:
        with suppress(OperationalError), engine.connect() as connection:
            self._begins.set()
            try:
                connection.execute(text(f"SELECT pg_sleep({seconds})"))
            except OperationalError as error:
                self.error = error

    @property
    def waits(self) -> bool:
        return self._thread.is_alive()


def test_whoever_waits_for_a_server_that_hangs_gets_an_error(
    servers: list[PostgresServer], engine: Engine
) -> None:
    first, _ = servers
    with engine.connect() as used:
        used.execute(text("SELECT 1"))
        waiting = Asking(engine, 60)
        first.freeze()
        wait_until(lambda: not waiting.waits)
        assert waiting.error is not None
        with pytest.raises(OperationalError):
            used.execute(text("SELECT 1"))
    with engine.connect() as connection:
        port = connection.execute(text("SELECT inet_server_port()")).scalar_one()
    assert port == servers[1].port


def test_a_statement_that_only_takes_long_goes_on(engine: Engine) -> None:
    long = Asking(engine, 2)
    wait_until(lambda: not long.waits)
    assert long.error is None


def test_connections_to_a_server_that_answers_stay(
    servers: list[PostgresServer], engine: Engine
) -> None:
    """The first host hangs; those that were made to the second one later work."""
    waiting = Asking(engine, 60)
    servers[0].freeze()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT inet_server_port()")).scalar() == servers[1].port
        wait_until(lambda: not waiting.waits)
        assert connection.execute(text("SELECT 2")).scalar() == 2


def test_a_server_that_refuses_another_connection_answers(
    servers: list[PostgresServer], engine: Engine
) -> None:
    url = f"postgresql://hookline@127.0.0.1:{servers[0].port}/template1"
    with psycopg.connect(url, autocommit=True) as admin:
        long = Asking(engine, 3)
        admin.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false")
        wait_until(lambda: not long.waits)
        admin.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS true")
    assert long.error is None


def test_its_thread_ends_with_the_last_connection_and_begins_again(engine: Engine) -> None:
    def watching() -> list[Thread]:
        return [one for one in threads() if one.name == "hanging"]

    before = set(watching())
    for _ in range(2):
        with engine.connect():
            pass
        [mine] = set(watching()) - before
        engine.dispose()
        wait_until(lambda: not mine.is_alive())  # noqa: B023


def test_it_goes_on_after_an_error_that_nobody_expected(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def fails(_: Watch) -> None:
        looks.append(monotonic())
        raise ValueError

    monkeypatch.setattr(Watch, "look", fails)
    with engine.connect():
        wait_until(lambda: len(looks) > 1)


def test_connections_are_listed_while_none_is_added() -> None:
    used = []

    class Guarded(WeakKeyDictionary[Any, Any]):
        def __setitem__(self, key: Any, value: Any) -> None:
            used.append(("add", kept._lock.locked()))
            super().__setitem__(key, value)

        def keys(self) -> Any:
            used.append(("list", kept._lock.locked()))
            return super().keys()

    engine = create_engine("postgresql+psycopg://", poolclass=NullPool)
    kept = Kept(engine)
    kept._entries = Guarded()
    some: Any = type("Connection", (), {})()
    kept._keep(some, some)
    assert list(kept.all()) == [some]
    assert used == [("add", True), ("list", True)]
