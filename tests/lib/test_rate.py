import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from tests.support.servers import RedisServer, wait_until
from webhooks_app.lib.rate import BLOCKS, Rates


def test_it_counts_down_and_then_refuses_each_key_by_itself() -> None:
    rates = Rates()
    counted = [rates.count("3 per hour", "mine") for _ in range(4)]
    assert [one.remaining for one in counted] == [2, 1, 0, 0]
    assert [one.exceeded for one in counted] == [False, False, False, True]
    assert 0 < counted[-1].seconds_left <= 3600
    assert not rates.count("3 per hour", "other").exceeded


def test_the_tightest_of_several_limits_is_told() -> None:
    rates = Rates()
    counted = [rates.count("2 per minute; 100 per hour", "key") for _ in range(3)]
    assert [one.exceeded for one in counted] == [False, False, True]
    assert counted[-1].amount == 2


def test_what_is_no_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="plenty"):
        Rates().count("plenty", "x")


def test_what_was_counted_can_be_forgotten() -> None:
    rates = Rates()
    for key in ("mine", "other"):
        rates.count("1 per hour", key)
    rates.forget("1 per hour", "mine")
    assert not rates.count("1 per hour", "mine").exceeded
    assert rates.count("1 per hour", "other").exceeded


def test_threads_that_count_at_once_lose_nothing_and_raise_nothing() -> None:
    rates, before = Rates(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            counted = list(
                pool.map(lambda _: rates.count("5000 per hour", "key"), range(2000), chunksize=1)
            )
    finally:
        sys.setswitchinterval(before)
    assert sorted(one.remaining for one in counted) == list(range(3000, 5000))


@pytest.fixture
def redis(redis_server: RedisServer) -> Redis:
    redis_server.empty()
    return Redis.from_url(redis_server.url)


def settled(*rates: Rates) -> None:
    """Until they have asked for all that they wanted."""
    for one in rates:
        one._thread.submit(bool).result()


def test_one_process_counts_exactly_with_redis_too(redis: Redis) -> None:
    for number in range(20):
        rates = Rates(redis)
        counted = [rates.count("3 per hour", f"key{number}") for _ in range(5)]
        assert [one.remaining for one in counted] == [2, 1, 0, 0, 0]
        assert [one.exceeded for one in counted] == [False] * 3 + [True] * 2


@pytest.mark.parametrize("amount", [10, 100, 1000])
def test_processes_hold_a_limit_together(redis: Redis, amount: int) -> None:
    processes = [Rates(redis) for _ in range(3)]

    def admitted(rates: Rates) -> int:
        return sum(not rates.count(f"{amount} per hour", "k").exceeded for _ in range(amount))

    with ThreadPoolExecutor(3) as pool:
        total = sum(pool.map(admitted, processes))
    block = amount // BLOCKS  # none of a small limit, which holds exactly
    assert amount - 3 * block <= total <= amount + 3 * block


def test_redis_is_asked_once_for_many(redis: Redis) -> None:
    redis.config_resetstat()
    rates = Rates(redis)
    for _ in range(3000):
        rates.count("6000 per hour", "key")
    settled(rates)
    asked = redis.info("commandstats")["cmdstat_eval"]["calls"]
    assert asked <= 3000 / (6000 / BLOCKS / 2) + 1


def test_who_asks_little_never_asks_redis(redis: Redis) -> None:
    rates = Rates(redis)
    for number in range(200):
        rates.count("6000 per second", f"key{number}")
    settled(rates)
    assert redis.keys("*") == []


def test_a_batch_counts_whole_or_not_at_all(redis: Redis) -> None:
    one, other = Rates(redis), Rates(redis)
    assert not one.spend("60 per minute", 40, "plan", "org").exceeded
    assert other.spend("60 per minute", 40, "plan", "org").exceeded
    assert not other.spend("60 per minute", 15, "plan", "org").exceeded
    assert other.spend("60 per minute", 10, "plan", "org").exceeded


def test_at_once_says_so_when_only_redis_knows(redis: Redis) -> None:
    rates = Rates(redis)
    assert rates.spend_at_once("60 per minute", 40, "plan", "org") is None
    assert not rates.spend("60 per minute", 40, "plan", "org").exceeded
    assert rates.spend_at_once("60 per minute", 40, "plan", "org") is not None


def test_without_redis_each_holds_the_limit_alone_and_with_it_together_again(
    own_redis: RedisServer,
) -> None:
    processes = [Rates(Redis.from_url(own_redis.url, socket_timeout=5)) for _ in range(2)]
    own_redis.kill()
    for rates in processes:
        counted = [rates.count("10 per hour", "key") for _ in range(11)]
        assert [one.exceeded for one in counted] == [False] * 10 + [True]
    own_redis.start()
    for rates in processes:
        rates._silent_until = 0.0
    counted = [rates.count("10 per hour", "new") for _ in range(10) for rates in processes]
    assert sum(not one.exceeded for one in counted) == 10


def test_what_one_process_forgets_all_forget(redis: Redis) -> None:
    one, other = Rates(redis), Rates(redis)
    for _ in range(5):
        one.count("5 per hour", "key")
    settled(one)
    one.forget("5 per hour", "key")
    assert not other.spend("5 per hour", 5, "key").exceeded


def test_a_reset_reaches_a_process_that_has_counted_itself(redis: Redis) -> None:
    """Whoever tried before and whoever was refused may try again, as often as the limit says."""
    one, other = Rates(redis), Rates(redis)

    def tries(both: tuple[Rates, Rates]) -> list[bool]:
        return [not by.count("5 per 15 minutes", "key").exceeded for _ in range(4) for by in both]

    for both in ((one, other), (other, one), (one, other)):
        assert tries(both) == [True] * 5 + [False] * 3
        one.forget("5 per 15 minutes", "key")
        assert other.count("5 per 15 minutes", "key").remaining == 4
        one.forget("5 per 15 minutes", "key")


def test_threads_of_two_processes_hold_a_small_limit_exactly(redis: Redis) -> None:
    processes = [Rates(redis) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        counted = pool.map(lambda n: processes[n % 2].count("5 per 15 minutes", "k"), range(80))
    assert sum(not one.exceeded for one in counted) == 5


def test_no_name_in_redis_says_whom_it_counts(redis: Redis) -> None:
    Rates(redis).spend("5 per hour", 3, "login", "ada@example.com")
    [name] = redis.keys("*")
    assert name.startswith(b"hookline:rate:")
    assert b"ada" not in name
    assert 0 < redis.pttl(name) <= 3_600_000


def test_a_window_ends(redis: Redis) -> None:
    one = Rates(redis)
    assert not one.spend("5 per 3 seconds", 5, "key").exceeded
    assert one.spend("5 per 3 seconds", 1, "key").exceeded
    wait_until(lambda: not one.spend("5 per 3 seconds", 5, "key").exceeded)
