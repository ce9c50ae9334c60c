"""How to ask for engines, and how they hear it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from tests.support.servers import RedisServer, wait_until
from webhooks_app import queue
from webhooks_app.doorbell import AWAKE, BELL, Doorbell, Listener, call, ring

FAULTS = (RedisServer.kill, RedisServer.freeze, RedisServer.fill, RedisServer.make_replica)


@pytest.fixture
def redis(own_redis: RedisServer) -> Redis:
    return queue.fast_redis(own_redis.url)


def jobs(redis: Redis) -> list[str]:
    return [job.func_name for job in queue.queue_named(queue.DELIVERIES, redis).jobs]


def test_without_an_engine_that_is_awake_a_job_is_asked_for_once(redis: Redis) -> None:
    for _ in range(3):
        ring(redis)
    assert jobs(redis) == [queue.RUN_ENGINE]


def say_awake_for_long(redis: Redis) -> None:
    Listener(redis).say_awake()
    redis.expire(AWAKE, 600)


def test_an_engine_that_is_awake_gets_one_token_and_no_job(redis: Redis) -> None:
    say_awake_for_long(redis)
    assert [ring(redis) for _ in range(3)] == [False, True, True]
    assert redis.llen(BELL) == 1
    assert jobs(redis) == []


def test_more_than_one_engine_can_be_called(redis: Redis) -> None:
    say_awake_for_long(redis)
    call(redis)
    assert redis.llen(BELL) == 1
    assert jobs(redis) == [queue.RUN_ENGINE]


def test_whoever_was_killed_is_not_believed_awake_for_long(redis: Redis) -> None:
    listener = Listener(redis)
    assert not listener.is_believed_awake
    listener.say_awake()
    assert listener.is_believed_awake
    assert 0 < redis.pttl(AWAKE) <= 3000


def test_a_token_is_heard_once(redis: Redis) -> None:
    listener = Listener(redis)
    ring(redis)
    assert listener.wait(1)
    assert not listener.wait(1)


def test_one_of_two_engines_hears_a_ring(own_redis: RedisServer, redis: Redis) -> None:
    heard: list[bool] = []

    def listen() -> None:
        heard.append(Listener(Redis.from_url(own_redis.url)).wait(5))

    threads = [threading.Thread(target=listen) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: redis.info("clients")["blocked_clients"] == 2)
    ring(redis)
    for thread in threads:
        thread.join()
    assert sorted(heard) == [False, True]


@pytest.mark.parametrize("leave", FAULTS)
def test_a_redis_that_fails_is_heard_as_silence(
    own_redis: RedisServer, redis: Redis, leave: Callable[[RedisServer], None]
) -> None:
    listener = Listener(queue.bell_redis(own_redis.url))
    leave(own_redis)
    listener.say_awake()
    assert not listener.wait(1)
    assert not listener.is_believed_awake


class Held:
    """A connection whose commands wait for a signal."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.may_go_on = threading.Event()
        self.rings = 0

    def pipeline(self, **options: Any) -> Any:
        self.rings += options == {"transaction": False}  # RQ's have more
        assert self.may_go_on.wait(60)
        return self._redis.pipeline(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._redis, name)


def test_who_rings_does_not_wait_for_redis_and_many_are_one_ring(redis: Redis) -> None:
    held = Held(redis)
    doorbell = Doorbell(held)  # type: ignore[arg-type]
    doorbell.ring()
    wait_until(lambda: held.rings == 1)
    for _ in range(100):
        doorbell.ring()
    assert jobs(redis) == []
    held.may_go_on.set()
    doorbell.settle()
    assert jobs(redis) == [queue.RUN_ENGINE]
    assert held.rings == 2  # one that was under way, and one for the hundred


@pytest.mark.parametrize("leave", FAULTS)
def test_after_a_failure_it_keeps_still_for_a_second(
    own_redis: RedisServer, redis: Redis, leave: Callable[[RedisServer], None]
) -> None:
    held = Held(queue.fast_redis(own_redis.url))
    held.may_go_on.set()
    doorbell = Doorbell(held)  # type: ignore[arg-type]
    leave(own_redis)
    for _ in range(20):
        doorbell.ring()
        doorbell.settle()
        doorbell.call()
    assert held.rings < 20


def test_it_rings_again_after_redis_was_away(own_redis: RedisServer, redis: Redis) -> None:
    doorbell = Doorbell(queue.fast_redis(own_redis.url))
    own_redis.kill()
    doorbell.ring()
    doorbell.settle()
    own_redis.start()

    def arrives() -> bool:
        doorbell.ring()
        doorbell.settle()
        return jobs(redis) == [queue.RUN_ENGINE]

    wait_until(arrives)


def test_ringing_at_the_end_of_a_process_raises_nothing(redis: Redis) -> None:
    doorbell = Doorbell(redis)
    doorbell._thread.shutdown()
    doorbell.ring()
