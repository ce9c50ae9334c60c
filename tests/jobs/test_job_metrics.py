"""Workers count how long each kind of job took."""

from flask import Flask
from prometheus_client import REGISTRY
from redis import Redis

from tests.support.servers import RedisServer
from webhooks_app import queue
from webhooks_app.jobs.worker import HooklineWorker

DONE = {"job": "upkeep.delete_old_requests", "outcome": "done"}


def counted() -> float:
    return REGISTRY.get_sample_value("hookline_job_seconds_count", DONE) or 0


def test_a_job_is_counted_by_its_name(app: Flask, redis_server: RedisServer) -> None:
    background = queue.queue_named(queue.BACKGROUND, Redis.from_url(redis_server.url))
    background.enqueue("webhooks_app.jobs.upkeep.delete_old_requests")
    background.enqueue("os.mkdir", "nowhere")
    before = counted()
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert counted() == before + 1
    samples = [one for family in REGISTRY.collect() for one in family.samples]
    assert "os.mkdir" not in {one.labels.get("job") for one in samples}
