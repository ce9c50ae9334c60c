"""The Redis user in docs/install.md may do what the product does, and nothing dangerous."""

import re
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from tests.conftest import settings_for
from tests.support.servers import RedisServer
from webhooks_app import create_app, queue
from webhooks_app.extensions import db
from webhooks_app.jobs.beat import Beat
from webhooks_app.jobs.engine import listener_of
from webhooks_app.jobs.worker import HooklineWorker
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import checks
from webhooks_app.parts import parts_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "install.md"


@pytest.fixture
def limited_url(own_redis: RedisServer) -> str:
    found = re.search(r"^ACL (SETUSER hookline .+)$", DOCUMENT.read_text(), re.MULTILINE)
    assert found
    Redis.from_url(own_redis.url).execute_command("ACL", *found[1].split())
    return own_redis.url.replace("unix://", "unix://hookline:PASSWORD@")


def test_it_may_do_all_that_we_do(limited_url: str, database_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(database_url, limited_url, tmp_path))
    with app.app_context():
        connection = queue.fast_redis(limited_url)
        parts_of(app).doorbell.ring()
        parts_of(app).doorbell.settle()
        assert queue.queue_named(queue.DELIVERIES, connection).job_ids
        listener_of(app).say_awake()
        assert listener_of(app).is_believed_awake
        assert listener_of(app).wait(1)
        Beat(db.engine, queue.beat_redis(limited_url)).tick()
        worker = HooklineWorker(app, queue.BACKGROUND)
        assert worker.ip_address != "unknown"
        worker.work(burst=True)
        failed = queue.queue_named(queue.BACKGROUND, connection).failed_job_registry
        assert failed.get_job_ids() == []
        found = checks.delivering(db.engine, limited_url, utcnow())
        assert all(check.fault in ("", "none seen lately") for check in found), found
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    "command",
    [("FLUSHALL",), ("CONFIG", "GET", "*"), ("SET", "other", "1"), ("DEBUG", "SLEEP", "0")],
)
def test_it_may_do_no_more(limited_url: str, command: tuple[str, ...]) -> None:
    # Redis 7 refuses DEBUG before it looks at the user.
    with pytest.raises(ResponseError, match=r"(?i)permission|not allowed"):
        Redis.from_url(limited_url).execute_command(*command)
