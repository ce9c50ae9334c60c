"""Each store lets one of many claims through, and forgets those that were never finished."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis
from sqlalchemy import create_engine

from hookline.receive import (
    MemoryStore,
    PostgresStore,
    RedisStore,
    SqliteStore,
    State,
    Store,
)
from hookline.receive.django_store import DjangoStore
from tests.support import django_project
from tests.support.servers import RedisServer, create_database, wait_until

Make = Callable[..., Store]


@pytest.fixture(scope="module")
def database(postgres_url: str) -> str:
    """Of PostgreSQL, and empty."""
    return create_database(postgres_url, f"hookline_stores_{os.getpid()}")


@pytest.fixture(scope="module")
def django_on_postgres(postgres_url: str) -> str:
    """Its alias in the project."""
    django_project.start()
    alias = f"hookline_django_{os.getpid()}"
    django_project.add_postgres(alias, create_database(postgres_url, alias))
    return alias


EVERY = (
    *("memory", "sqlite", "redis", "redis-text"),
    *("postgres", "postgres-pool", "django", "django-postgres"),
)


@pytest.fixture(params=EVERY)
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.getfixturevalue(request.param.replace("-", "_"))
    return made


@pytest.fixture
def memory() -> Make:
    return MemoryStore


@pytest.fixture
def sqlite(tmp_path: Path) -> Make:
    return lambda **more: SqliteStore(tmp_path / "seen.db", **more)


@pytest.fixture
def redis(redis_server: RedisServer) -> Make:
    redis_server.empty()
    return lambda **more: RedisStore(Redis.from_url(redis_server.url), **more)


@pytest.fixture
def redis_text(redis_server: RedisServer) -> Make:
    redis_server.empty()
    client = Redis.from_url(redis_server.url, decode_responses=True)
    return lambda **more: RedisStore(client, **more)


@pytest.fixture
def postgres(database: str) -> Iterator[Make]:
    """Without its table: each test begins with the first use."""
    stores: list[PostgresStore] = []

    def make(**more: Any) -> PostgresStore:
        stores.append(PostgresStore(lambda: psycopg.connect(database), **more))
        return stores[-1]

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS hookline_deliveries")
    yield make
    for one in stores:
        one.close()


@pytest.fixture
def postgres_pool(postgres: Make, database: str) -> Iterator[Make]:
    """Connections of a pool, which begin a transaction by themselves."""
    pool = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    yield lambda **more: PostgresStore(pool.raw_connection, **more)
    pool.dispose()


@pytest.fixture
def django() -> Make:
    django_project.start()
    django_project.empty("default")
    return DjangoStore


@pytest.fixture
def django_postgres(django_on_postgres: str) -> Make:
    django_project.empty(django_on_postgres)
    return lambda **more: DjangoStore(using=django_on_postgres, **more)


def test_a_delivery_is_new_then_busy_then_done(make: Make) -> None:
    store = make()
    assert store.claim("msg_1", "a") is State.NEW
    assert store.claim("msg_1", "b") is State.BUSY
    assert store.claim("msg_2", "b") is State.NEW
    store.finish("msg_1", "a")
    assert store.claim("msg_1", "c") is State.DONE


def test_one_that_failed_is_new_again(make: Make) -> None:
    store = make()
    store.claim("msg_1", "a")
    store.release("msg_1", "a")
    assert store.claim("msg_1", "b") is State.NEW


def test_only_the_claim_itself_can_be_released(make: Make) -> None:
    store = make()
    store.claim("msg_1", "a")
    store.release("msg_1", "b")
    assert store.claim("msg_1", "b") is State.BUSY
    store.finish("msg_1", "a")
    store.release("msg_1", "a")
    assert store.claim("msg_1", "b") is State.DONE


def test_a_claim_ends_with_its_lease(make: Make) -> None:
    store = make(lease=0.05)
    store.claim("msg_1", "a")
    wait_until(lambda: store.claim("msg_1", "b") is State.NEW)


def test_what_is_done_is_forgotten_after_a_while(make: Make) -> None:
    store = make(keep=0.05)
    store.claim("msg_1", "a")
    store.finish("msg_1", "a")
    wait_until(lambda: store.claim("msg_1", "b") is State.NEW)


def test_one_of_many_at_once_is_let_through(make: Make) -> None:
    store, states = make(), []
    start = threading.Barrier(8)

    def claim(token: str) -> None:
        start.wait()
        states.append(store.claim("msg_1", token))

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states, key=str) == [State.BUSY] * 7 + [State.NEW]


def test_many_at_once_make_one_table(postgres: Make) -> None:
    stores, states = [postgres() for _ in range(8)], []
    start = threading.Barrier(8)

    def claim(store: Store) -> None:
        start.wait()
        states.append(store.claim("msg_1", str(id(store))))

    threads = [threading.Thread(target=claim, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states, key=str) == [State.BUSY] * 7 + [State.NEW]


def test_a_connection_that_broke_is_opened_again(postgres: Make, database: str) -> None:
    store = postgres()
    assert store.claim("msg_1", "a") is State.NEW
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert store.claim("msg_1", "b") is State.BUSY
    store.finish("msg_1", "a")
    assert store.claim("msg_1", "b") is State.DONE


def test_a_claim_whose_answer_was_lost_is_the_same_claim(postgres: Make) -> None:
    """The store repeats its statement after a connection broke."""
    store = postgres()
    assert [store.claim("msg_1", "a") for _ in range(2)] == [State.NEW] * 2
    store.finish("msg_1", "a")
    assert store.claim("msg_1", "a") is State.DONE


def test_a_database_that_is_away_is_an_error_and_works_again_later(database: str) -> None:
    is_away = True

    def connect() -> Any:
        return psycopg.connect("postgresql://127.0.0.1:1/none" if is_away else database)

    store = PostgresStore(connect)
    with pytest.raises(psycopg.OperationalError):
        store.claim("msg_away", "a")
    is_away = False
    assert store.claim("msg_away", "a") is State.NEW
    store.close()


def test_a_forked_process_opens_a_connection_of_its_own(
    postgres: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Any = postgres()
    store.claim("msg_1", "a")
    of_parent = store._opened[1]
    with monkeypatch.context() as child:
        child.setattr("hookline.receive.postgres.os.getpid", lambda: -1)
        assert store.claim("msg_1", "b") is State.BUSY
        assert store._opened[1] is not of_parent
        assert not of_parent.closed
        store.close()
    of_parent.close()


@pytest.mark.parametrize("kind", ["postgres", "django", "django_postgres"])
def test_a_table_does_not_grow_without_an_end(kind: str, request: pytest.FixtureRequest) -> None:
    store: Any = request.getfixturevalue(kind)(keep=0.01)
    for number in range(5):
        store.claim(f"msg_{number}", "a")
        store.finish(f"msg_{number}", "a")
    time.sleep(0.02)
    store._swept -= 120  # two minutes later
    store.claim("msg_new", "a")
    if kind == "postgres":
        rows = [one for (one,) in store._execute("SELECT id FROM {table}")]
    else:
        rows = list(store._rows().values_list("id", flat=True))
    assert rows == ["msg_new"]


def test_postgresql_finds_what_is_forgotten_by_an_index(postgres: Make) -> None:
    store: Any = postgres()
    store.claim("msg_1", "a")
    store._execute("SET enable_seqscan = off")  # the table is small
    plan = store._execute("EXPLAIN " + PostgresStore.SWEEP)
    assert "hookline_deliveries_until" in str(plan)


def test_in_django_the_transaction_of_a_handler_does_not_lock_what_is_forgotten(
    django: Make,
) -> None:
    from django.db import transaction

    store: Any = django(keep=0)
    store.claim("msg_old", "a")
    store.finish("msg_old", "a")
    ids = store._rows().order_by("id").values_list("id", flat=True)
    store._swept -= 120  # two minutes later
    with transaction.atomic():
        store.claim("msg_new", "a")
        assert [*ids.all()] == ["msg_new", "msg_old"]
    assert [*ids.all()] == ["msg_new"]


@pytest.mark.quick
def test_a_table_has_a_plain_name() -> None:
    assert PostgresStore(lambda: None, table="shop.seen").lease == 60
    with pytest.raises(ValueError, match="not the name of a table"):
        PostgresStore(lambda: None, table="seen; DROP TABLE users")


def test_in_django_a_claim_ends_with_the_transaction_of_its_handler(django: Make) -> None:
    from django.db import transaction

    store = django()

    @transaction.atomic
    def handle() -> None:
        assert store.claim("msg_1", "a") is State.NEW
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        handle()
    assert store.claim("msg_1", "b") is State.NEW


def test_in_django_a_release_in_a_broken_transaction_hides_no_error(
    django_postgres: Make, django_on_postgres: str
) -> None:
    from django.db import DatabaseError, connections, transaction

    store = django_postgres()

    @transaction.atomic(django_on_postgres)
    def handle() -> None:
        store.claim("msg_1", "a")
        try:
            connections[django_on_postgres].cursor().execute("SELECT * FROM no_such_table")
        finally:
            store.release("msg_1", "a")

    with pytest.raises(DatabaseError, match="no_such_table"):
        handle()
    assert store.claim("msg_1", "b") is State.NEW


def test_the_app_of_django_has_every_migration(django: Make) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "hookline", check=True, dry_run=True, verbosity=0)


@pytest.mark.quick
def test_memory_has_a_bound() -> None:
    store = MemoryStore(room=3)
    for number in range(5):
        store.claim(f"msg_{number}", "a")
        store.finish(f"msg_{number}", "a")
    assert [store.claim(f"msg_{n}", "b") for n in (4, 3, 2)] == [State.DONE] * 3
    assert store.claim("msg_1", "b") is State.NEW


@pytest.mark.quick
def test_a_file_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path / "seen.db")
    first.claim("msg_1", "a")
    first.finish("msg_1", "a")
    first.close()
    assert SqliteStore(tmp_path / "seen.db").claim("msg_1", "b") is State.DONE


@pytest.mark.quick
def test_a_file_does_not_grow_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "seen.db", keep=1)
    for number in range(10):
        store.claim(f"msg_{number}", "a")
        store.finish(f"msg_{number}", "a")
    later = time.time() + 120
    monkeypatch.setattr("hookline.receive.stores.time.time", lambda: later)
    store.claim("msg_new", "a")
    assert store._execute("SELECT id FROM hookline_deliveries") == [("msg_new",)]


@pytest.mark.quick
def test_a_forked_process_opens_the_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "seen.db")
    store.claim("msg_1", "a")
    before = store._connection()
    monkeypatch.setattr("hookline.receive.stores.os.getpid", lambda: -1)
    assert store.claim("msg_1", "b") is State.BUSY
    assert store._connection() is not before
