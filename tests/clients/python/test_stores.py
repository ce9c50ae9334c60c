"""Each store lets one of many claims through, and forgets those that were never finished."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from hookline.receive import MemoryStore, RedisStore, SqliteStore, State, Store
from tests.support.servers import RedisServer, wait_until

Make = Callable[..., Store]


@pytest.fixture(params=["memory", "sqlite", "redis", "redis-text"])
def make(request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer) -> Make:
    redis_server.empty()

    def make(**more: float) -> Store:
        if request.param == "memory":
            return MemoryStore(**more)  # type: ignore[arg-type]
        if request.param == "sqlite":
            return SqliteStore(tmp_path / "seen.db", **more)
        text = request.param == "redis-text"
        return RedisStore(Redis.from_url(redis_server.url, decode_responses=text), **more)

    return make


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
