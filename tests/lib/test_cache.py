import pytest

from webhooks_app.lib import cache as module
from webhooks_app.lib.cache import Cache


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def test_a_value_is_kept_for_its_time_and_no_longer(clock: list[float]) -> None:
    cache: Cache[str, int] = Cache(10, seconds=1)
    cache.put("a", 1)
    clock[0] += 0.9
    assert cache.get("a") == 1
    clock[0] += 0.1
    assert cache.get("a") is None


def test_without_a_time_it_is_kept_until_it_is_forgotten(clock: list[float]) -> None:
    cache: Cache[str, int] = Cache(10)
    cache.put("a", 0)
    clock[0] += 1e9
    assert cache.get("a") == 0
    cache.forget("a")
    assert cache.get("a") is None
    cache.forget("a")


def test_a_full_one_begins_again() -> None:
    cache: Cache[int, int] = Cache(3)
    for number in range(4):
        cache.put(number, number)
    assert [cache.get(number) for number in range(4)] == [None, None, None, 3]
