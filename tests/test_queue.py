"""The interface to RQ."""

import importlib
import inspect
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.support.servers import RedisServer, wait_until
from webhooks_app import queue
from webhooks_app.jobs.our_job import OUR_JOBS
from webhooks_app.operations.schedule import PERIODIC


@pytest.mark.parametrize("name", sorted(OUR_JOBS))
def test_every_job_that_is_named_exists(name: str) -> None:
    assert callable(function_named(name))


def test_every_name_of_a_job_is_among_those_that_workers_run() -> None:
    named = {value for value in vars(queue).values() if str(value).startswith("webhooks_app.jobs.")}
    assert named | {periodic.job for periodic in PERIODIC} == OUR_JOBS


@pytest.mark.parametrize("name", sorted(OUR_JOBS - {queue.REPLAY_BATCH}))
def test_jobs_take_no_arguments_so_that_no_tenant_data_is_in_redis(name: str) -> None:
    """Nor in the RQ dashboard, which shows them."""
    assert not inspect.signature(function_named(name)).parameters


def function_named(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def test_one_engine_waits_at_a_time(own_redis: RedisServer) -> None:
    connection = queue.fast_redis(own_redis.url)
    for _ in range(5):
        queue.enqueue_engine(connection)
    waiting = queue.queue_named(queue.DELIVERIES, connection)
    [job] = waiting.jobs
    assert (job.func_name, job.args, job.timeout, job.ttl) == (queue.RUN_ENGINE, [], -1, None)


def test_a_worker_waits_for_redis_as_long_as_it_takes(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = count(1)
    monkeypatch.setattr(
        "redis.retry.sleep", lambda _: own_redis.start() if next(waits) == 2000 else None
    )
    connection = queue.patient_redis(own_redis.url, queue.Patience())
    connection.ping()
    own_redis.kill()
    assert connection.ping()
    assert next(waits) > 2000


def test_a_worker_that_waits_for_a_job_goes_on_when_redis_becomes_a_replica(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis ends the wait with UNBLOCKED."""
    monkeypatch.setattr("redis.retry.sleep", lambda _: own_redis.make_primary())
    other = Redis.from_url(own_redis.url)

    def change() -> None:
        wait_until(lambda: other.info("clients")["blocked_clients"] == 1, 10, every=0.01)
        own_redis.make_replica()
        wait_until(lambda: other.info("replication")["role"] == "master", 10, every=0.01)
        other.rpush("from", "a job")

    connection = queue.patient_redis(own_redis.url, queue.Patience())
    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(change)
        assert connection.blmove("from", "to", 10) == b"a job"
        changed.result()


@pytest.mark.parametrize("code", queue.TAKES_NO_WRITES)
def test_a_worker_waits_while_redis_takes_no_writes(code: str) -> None:
    """Redis says why with the first word of an error."""
    assert queue.may_pass_by(ResponseError(f"{code} and why"))
    assert not queue.may_pass_by(ResponseError(f"ERR {code}"))


def test_a_worker_that_shall_stop_waits_no_longer(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = queue.Patience()
    monkeypatch.setattr("redis.retry.sleep", lambda _: patience.lose())
    connection = queue.patient_redis(own_redis.url, patience)
    own_redis.kill()
    with pytest.raises(RedisConnectionError):
        connection.ping()


def test_a_wrong_password_is_not_waited_for(own_redis: RedisServer) -> None:
    Redis.from_url(own_redis.url).config_set("requirepass", "another")
    with pytest.raises(AuthenticationError):
        queue.patient_redis(own_redis.url, queue.Patience()).ping()
